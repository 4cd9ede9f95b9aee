-- Schema storage: buckets, objects and the functions of policies.
create type storage.buckettype as enum ('STANDARD','ANALYTICS','VECTOR');
create table storage.migrations (id integer primary key, name varchar(100) unique not null, hash varchar(40) not null, executed_at timestamp default current_timestamp);
create table storage.buckets (
  id text not null primary key, name text not null unique, owner uuid, created_at timestamptz default now(), updated_at timestamptz default now(),
  public boolean default false, avif_autodetection boolean default false, file_size_limit bigint, allowed_mime_types text[], owner_id text,
  type storage.buckettype not null default 'STANDARD');
create table storage.objects (
  id uuid not null default gen_random_uuid() primary key, bucket_id text references storage.buckets(id), name text, owner uuid,
  created_at timestamptz default now(), updated_at timestamptz default now(), last_accessed_at timestamptz default now(), metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored, version text, owner_id text, user_metadata jsonb, level integer);
create unique index bucketid_objname on storage.objects (bucket_id, name);
create index name_prefix_search on storage.objects (name text_pattern_ops);
create table storage.prefixes (bucket_id text not null references storage.buckets(id), name text not null, level integer not null default 1,
  created_at timestamptz default now(), updated_at timestamptz default now(), primary key (bucket_id, level, name));
create table storage.s3_multipart_uploads (id text primary key, in_progress_size bigint not null default 0, upload_signature text not null, bucket_id text not null references storage.buckets(id),
  key text collate "C" not null, version text not null, owner_id text, created_at timestamptz not null default now(), user_metadata jsonb);
create table storage.s3_multipart_uploads_parts (id uuid primary key default gen_random_uuid(), upload_id text not null references storage.s3_multipart_uploads(id) on delete cascade,
  size bigint not null default 0, part_number int not null, bucket_id text not null references storage.buckets(id), key text collate "C" not null, etag text not null, owner_id text, version text not null, created_at timestamptz not null default now());
create function storage.foldername(name text) returns text[] language plpgsql immutable as
$$ declare p text[] := string_to_array(name, '/'); begin return p[1:array_length(p,1)-1]; end $$;
create function storage.filename(name text) returns text language plpgsql immutable as
$$ declare p text[] := string_to_array(name, '/'); begin return p[array_length(p,1)]; end $$;
create function storage.extension(name text) returns text language plpgsql immutable as
$$ declare f text := storage.filename(name); begin return reverse(split_part(reverse(f), '.', 1)); end $$;
create function storage.get_size_by_bucket() returns table (size bigint, bucket_id text) language sql stable as
$$ select sum((metadata->>'size')::bigint)::bigint, bucket_id from storage.objects group by bucket_id $$;
create function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void language plpgsql as $$ begin return; end $$;
create function storage.search(prefix text, bucketname text, limits int default 100, levels int default 1, offsets int default 0, search text default '', sortcolumn text default 'name', sortorder text default 'asc')
  returns table (name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb) language sql stable as
$$ select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata from storage.objects o where o.bucket_id = bucketname and o.name like prefix || '%' limit limits offset offsets $$;
create function storage.operation() returns text language sql stable as $$ select current_setting('storage.operation', true) $$;
create function storage.update_updated_at_column() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;
create trigger update_objects_updated_at before update on storage.objects for each row execute function storage.update_updated_at_column();
-- triggers/functions that `supabase db diff/pull` of 2025 wrote into users' migrations
create function storage.enforce_bucket_name_length() returns trigger language plpgsql as $$ begin if length(new.name) > 100 then raise exception 'bucket name too long'; end if; return new; end $$;
create trigger enforce_bucket_name_length_trigger before insert or update of name on storage.buckets for each row execute function storage.enforce_bucket_name_length();
create function storage.objects_insert_prefix_trigger() returns trigger language plpgsql as $$ begin return new; end $$;
create function storage.objects_update_prefix_trigger() returns trigger language plpgsql as $$ begin return new; end $$;
create function storage.objects_delete_prefix_trigger() returns trigger language plpgsql as $$ begin return old; end $$;
create function storage.delete_prefix_hierarchy_trigger() returns trigger language plpgsql as $$ begin return old; end $$;
create function storage.prefixes_insert_trigger() returns trigger language plpgsql as $$ begin return new; end $$;
create function storage.prefixes_delete_cleanup() returns trigger language plpgsql as $$ begin return null; end $$;
create function storage.protect_delete() returns trigger language plpgsql as $$ begin return null; end $$;
do $$ declare o record; begin
  for o in select format('alter table %s owner to supabase_storage_admin', oid::regclass) q from pg_class where relnamespace='storage'::regnamespace and relkind='r'
     union all select format('alter function %s owner to supabase_storage_admin', oid::regprocedure) from pg_proc where pronamespace='storage'::regnamespace
     union all select format('alter table %s enable row level security', oid::regclass) from pg_class where relnamespace='storage'::regnamespace and relkind='r'
  loop execute o.q; end loop; end $$;
grant all on all tables in schema storage to postgres, anon, authenticated, service_role;
grant all on all routines in schema storage to postgres, anon, authenticated, service_role;
alter default privileges in schema storage grant all on tables to postgres, anon, authenticated, service_role;
