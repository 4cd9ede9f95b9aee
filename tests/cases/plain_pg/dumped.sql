SET statement_timeout = 0; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SELECT pg_catalog.set_config('search_path', '', false); SET row_security = off;
CREATE ROLE dump_owner; CREATE SCHEMA shop; ALTER SCHEMA shop OWNER TO dump_owner; CREATE TABLE shop.orders (id integer NOT NULL, at timestamp with time zone DEFAULT now());
ALTER TABLE shop.orders OWNER TO dump_owner; CREATE SEQUENCE shop.orders_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1; ALTER SEQUENCE shop.orders_id_seq OWNER TO dump_owner;
ALTER SEQUENCE shop.orders_id_seq OWNED BY shop.orders.id; ALTER TABLE ONLY shop.orders ALTER COLUMN id SET DEFAULT nextval('shop.orders_id_seq'::regclass); ALTER TABLE ONLY shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE shop.orders CLUSTER ON orders_pkey; GRANT ALL ON TABLE shop.orders TO dump_owner;
