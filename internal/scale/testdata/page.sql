\set ord random(1, :orders)
\set n random(0, 255)
\set id random(1, 1000000000000)
begin;
insert into bodies select sha256((body || int8send(:id))), body || int8send(:id) from material where n = :n;
insert into tasks (id, stage, source, state, priority, json) values ('t' || :id, 1, :ord, 0, 0, decode(repeat('6a', 300), 'hex'));
insert into records values ('p' || :id, :ord, 0, decode(repeat('6b', 500), 'hex'));
update logs set size = size + 1 where ord = :ord returning size as size \gset
insert into lines values (:ord, :size, decode(repeat('6c', 350), 'hex'));
insert into nodes values (:ord, 2 * :size, sha256(int8send(:size))), (:ord, 2 * :size + 1, sha256(int8send(:size)));
update sources set pages = pages + 1, received = received + 20480 where id = :ord;
update tasks set state = 2 where id = 't' || :id;
end;
