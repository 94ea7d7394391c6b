-- There is no balance but the total in the newest line of a customer. Every writer locks the customer and then reads it.
CREATE TABLE shops (id bigserial PRIMARY KEY, name varchar(255) NOT NULL);
CREATE TABLE purse_lines (
    id bigserial PRIMARY KEY,
    holder_type varchar(255) NOT NULL,
    holder_id bigint NOT NULL,
    direction varchar(10) NOT NULL CHECK (direction IN ('in', 'out')),
    amount numeric(10, 2) NOT NULL,
    total numeric(10, 2) NOT NULL,
    about json,
    created_at timestamp(0) NOT NULL DEFAULT now()
);
CREATE INDEX ON purse_lines (holder_type, holder_id, id);
CREATE TABLE feeds (
    id bigserial PRIMARY KEY,
    shop_id bigint NOT NULL REFERENCES shops,
    status varchar(255) NOT NULL,
    price numeric(10, 2),
    failed_at timestamp(0),
    created_at timestamp(0),
    updated_at timestamp(0)
);
CREATE FUNCTION add_line(shop bigint, way text, sum numeric, what json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE last numeric;
BEGIN
    PERFORM FROM shops WHERE id = shop FOR UPDATE;
    SELECT total INTO last FROM purse_lines WHERE holder_type = 'App\Models\Shop' AND holder_id = shop ORDER BY id DESC LIMIT 1;
    INSERT INTO purse_lines (holder_type, holder_id, direction, amount, total, about)
    VALUES ('App\Models\Shop', shop, way, sum, coalesce(last, 0) + CASE way WHEN 'in' THEN sum ELSE -sum END, what);
END $$;
