-- Whoever is a member of nothing can sign in nowhere, and goes with the last membership. Those who stayed behind before go now.
delete from web_sessions where person not in (select person from members);
delete from people where id not in (select person from members);
