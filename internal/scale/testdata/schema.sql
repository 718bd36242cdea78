-- A case as a PostgreSQL server would keep it, as far as it costs: no checks, no
-- search, no cipher. The store's own tables are in store/postgres.
create table logs (ord int primary key, size bigint not null);
create table lines (ord int, seq bigint, line bytea not null, primary key (ord, seq));
create table nodes (ord int, seq bigint, hash bytea not null, primary key (ord, seq));
create table bodies (sum bytea primary key, body bytea not null);
alter table bodies alter body set storage external; -- compressed before it comes
create table records (id text, ord int, seq bigint, json bytea not null, primary key (id, ord, seq));
create table sources (id int primary key, pages bigint not null, received bigint not null) with (fillfactor = 50);
create table tasks (
	id text primary key, stage int not null, source int not null, state int not null, priority int not null,
	seq bigint generated always as identity, token bigint not null default 0, json bytea not null
) with (fillfactor = 80);
create index ready on tasks (stage, priority desc, seq) where state = 0;
insert into logs select n, 0 from generate_series(1, 64) n;
insert into sources select n, 0, 0 from generate_series(1, 64) n;
-- What pages are made of: 256 bodies of 5,000 bytes, about what 20 kB of market page
-- become by zstd, of bytes that do not get smaller.
create table material (n int primary key, body bytea not null);
alter table material alter body set storage external;
insert into material select n, (select string_agg(sha256((n || '.' || k || '.' || random())::bytea), '') from generate_series(1, 156) k)
	from generate_series(0, 255) n;
