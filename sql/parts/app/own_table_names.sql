-- The names of sweeper's own tables.
('refunds', 'reversals', 'runs', 'holds', 'settings', 'locks')
