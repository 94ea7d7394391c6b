-- Tokens are held for an exam and captured or released afterwards: exam or hold, which is the session?
CREATE TABLE schools (id int PRIMARY KEY, tokens int NOT NULL);
CREATE TABLE exams (id int PRIMARY KEY, school_id int NOT NULL REFERENCES schools, status text NOT NULL, error text,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE token_holds (id int PRIMARY KEY, exam_id int NOT NULL REFERENCES exams, school_id int NOT NULL REFERENCES
    schools, tokens int NOT NULL, state text NOT NULL CHECK (state IN ('held', 'captured', 'released')));
INSERT INTO schools SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO exams SELECT n, 1 + n % 3, (ARRAY['queued', 'grading', 'done', 'failed'])[1 + n % 4] FROM generate_series(1, 40) AS n;
INSERT INTO token_holds SELECT id, id, school_id, 2, 'held' FROM exams;
