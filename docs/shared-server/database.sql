-- psql -v password=SECRET -f database.sql, as PostgreSQL's administrator
CREATE ROLE ogx LOGIN PASSWORD :'password';
CREATE DATABASE ogx OWNER ogx ENCODING 'UTF8' TEMPLATE template0;
\connect ogx
CREATE EXTENSION vector;
