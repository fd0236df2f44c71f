-- SQLite's indexes change here. This database compares a list without a table of it.
select;
