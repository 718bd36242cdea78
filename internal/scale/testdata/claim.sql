begin;
update tasks set state = 1, token = token + 1 where id = (
	select id from tasks where stage = 8 and state = 0 order by priority desc, seq limit 1 for update skip locked
) returning id as id \gset
end;
begin;
update tasks set state = 0, token = token + 1 where id = :id;
end;
