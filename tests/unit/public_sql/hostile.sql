-- What a stranger may try against files, settings, the process and the network; one statement a line.
-- {store} is the folder of the store, {secret} a file outside it, {out} a path that must stay absent.
SELECT * FROM '{secret}'
SELECT * FROM read_csv('{secret}')
SELECT * FROM read_csv_auto('{secret}')
SELECT * FROM read_text('{secret}')
SELECT * FROM read_blob('{secret}')
SELECT * FROM read_json('{secret}')
SELECT * FROM read_json_auto('{secret}')
SELECT * FROM read_ndjson('{secret}')
SELECT * FROM read_json_objects('{secret}')
SELECT * FROM read_parquet('{secret}')
SELECT * FROM parquet_scan('{secret}')
SELECT * FROM parquet_metadata('{secret}')
SELECT * FROM parquet_kv_metadata('{secret}')
SELECT * FROM parquet_schema('{secret}')
SELECT * FROM parquet_bloom_probe('{secret}', 'a', 1)
SELECT * FROM sniff_csv('{secret}')
SELECT * FROM read_duckdb('{secret}')
SELECT * FROM glob('/etc/*')
SELECT * FROM glob('{store}/../*')
SELECT * FROM read_text('{store}/../secret.txt')
SELECT * FROM read_text('{store}/facts/../../secret.txt')
SELECT * FROM read_text('file://{secret}')
SELECT * FROM read_text('/proc/self/environ')
SELECT * FROM read_text('/proc/self/maps')
SELECT * FROM read_text('/proc/self/cmdline')
SELECT * FROM read_blob('/dev/mem')
SELECT * FROM '/etc/passwd'
SELECT * FROM read_csv('http://127.0.0.1:{port}/leak')
SELECT * FROM read_text('https://127.0.0.1:{port}/leak')
SELECT * FROM read_parquet('s3://bucket/leak')
SELECT * FROM read_text('hf://datasets/leak')
COPY (SELECT 1) TO '{out}'
COPY (SELECT 1) TO '{out}' (FORMAT parquet)
COPY (SELECT 1) TO '{out}' (FORMAT json)
COPY (SELECT 1) TO '{store}/evil.csv'
COPY (SELECT 1) TO '{store}/facts/seg-000000000000-000000000000.parquet' (FORMAT parquet)
COPY (SELECT from_hex('00')) TO '{store}/catalog.duckdb.wal' (FORMAT blob)
COPY (SELECT 1 AS a) TO '{out}' (FORMAT parquet, PARTITION_BY a)
COPY facts TO '{out}'
COPY FROM DATABASE store TO memory
EXPORT DATABASE '{out}'
IMPORT DATABASE '{store}'
ATTACH '{out}' AS evil
ATTACH '{secret}' AS evil
ATTACH ':memory:' AS evil
ATTACH '{store}/catalog.duckdb' AS again
ATTACH 'http://127.0.0.1:{port}/x.duckdb' AS evil
DETACH store
USE memory
CREATE TABLE evil (a INTEGER)
CREATE TABLE store.evil (a INTEGER)
CREATE TEMP TABLE facts AS SELECT 1
CREATE VIEW evil AS SELECT 1
CREATE OR REPLACE VIEW v_agents AS SELECT 1
CREATE TEMP MACRO abs(x) AS 'shadowed'
CREATE SEQUENCE evil
CREATE TYPE evil AS ENUM ('a')
CREATE SCHEMA evil
CREATE SECRET evil (TYPE s3, KEY_ID 'a', SECRET 'b')
CREATE PERSISTENT SECRET evil (TYPE s3, KEY_ID 'a', SECRET 'b')
INSERT INTO facts SELECT * FROM facts
UPDATE facts SET operator = 'evil'
DELETE FROM facts
DROP VIEW facts
DROP SCHEMA main CASCADE
ALTER VIEW v_agents RENAME TO evil
TRUNCATE facts
MERGE INTO facts USING facts f ON true WHEN MATCHED THEN DELETE
VACUUM
CHECKPOINT
FORCE CHECKPOINT
ANALYZE
INSTALL httpfs
INSTALL evil FROM 'http://127.0.0.1:{port}/'
FORCE INSTALL '{secret}'
LOAD httpfs
LOAD '{secret}'
UPDATE EXTENSIONS
SET enable_external_access = true
SET lock_configuration = false
SET memory_limit = '100GB'
SET threads = 64
SET temp_directory = '{out}'
SET allowed_directories = ['/']
SET home_directory = '{out}'
SET extension_directory = '{out}'
SET secret_directory = '{out}'
SET log_query_path = '{out}'
SET enable_logging = true
SET profiling_output = '{out}'
SET custom_user_agent = 'x'
SET search_path = 'memory'
SET VARIABLE evil = 1
RESET max_execution_time
PRAGMA enable_profiling = 'json'
PRAGMA profile_output = '{out}'
PRAGMA database_list
PRAGMA table_info('facts')
CALL enable_logging(storage = 'file', storage_path = '{out}')
CALL pragma_version()
SELECT * FROM enable_logging(storage = 'file', storage_path = '{out}')
SELECT write_log('evil')
SELECT current_setting('secret_directory')
SELECT getenv('EGRAPH_SECRET')
SELECT getvariable('evil')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_logs()
SELECT * FROM duckdb_memory()
SELECT * FROM information_schema.tables
SELECT * FROM pg_catalog.pg_settings
SELECT * FROM sqlite_master
SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')
SELECT * FROM query_table('facts')
SELECT json_serialize_plan('SELECT 1')
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
SELECT * FROM python_secret
SELECT * FROM pandas_scan(0)
SELECT * FROM arrow_scan(0, 0, 0)
SELECT * FROM python_map_function(1)
SELECT * FROM which_secret('{secret}', 's3')
PREPARE evil AS SELECT * FROM read_text('{secret}')
EXECUTE evil
DEALLOCATE evil
BEGIN
COMMIT
ROLLBACK
EXPLAIN ANALYZE SELECT * FROM read_text('{secret}')
DESCRIBE SELECT * FROM read_text('{secret}')
SUMMARIZE '{secret}'
SHOW ALL TABLES
SELECT 1; COPY (SELECT 1) TO '{out}'
SELECT 1 UNION ALL SELECT content FROM read_text('{secret}')
WITH t AS (SELECT content FROM read_text('{secret}')) SELECT * FROM t
SELECT (SELECT content FROM read_text('{secret}'))
SELECT list_transform([1], lambda x: (SELECT content FROM read_text('{secret}')))
SELECT 1) AS asked(c0); COPY (SELECT 1) TO '{out}' --
SELECT sleep_ms(60000)
