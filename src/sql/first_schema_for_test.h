#pragma once
// The directory as the first release made it: what migrations are tried on. Never changed.
#include <array>

namespace plaza::sql {

inline constexpr std::array kFirstSchemaForTest = std::to_array<const char*>({
    "CREATE TABLE id_counter (kind VARCHAR(16) NOT NULL PRIMARY KEY, last BIGINT NOT NULL)",
    "INSERT INTO id_counter (kind, last) VALUES ('app', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('zone', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('account', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('member', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('token', 0)",
    "INSERT INTO id_counter (kind, last) VALUES ('room', 0)",

    "CREATE TABLE app (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL UNIQUE)",
    "CREATE TABLE zone (id BIGINT NOT NULL PRIMARY KEY, app BIGINT NOT NULL REFERENCES app (id),"
    " name VARCHAR(64) NOT NULL, friends SMALLINT NOT NULL, messages SMALLINT NOT NULL, devices SMALLINT NOT "
    "NULL,"
    " UNIQUE (app, name))",

    // A third-party account has a row in third_party instead of one in account_name, and no password_hash.
    "CREATE TABLE account (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL,"
    " password_hash VARCHAR(160) NOT NULL)",
    "CREATE TABLE account_name (name_key VARCHAR(192) NOT NULL PRIMARY KEY,"
    " account BIGINT NOT NULL REFERENCES account (id))",
    "CREATE TABLE third_party (vendor VARCHAR(32) NOT NULL, vendor_user VARCHAR(128) NOT NULL,"
    " account BIGINT NOT NULL REFERENCES account (id), PRIMARY KEY (vendor, vendor_user))",

    "CREATE TABLE member (id BIGINT NOT NULL PRIMARY KEY, account BIGINT NOT NULL REFERENCES account (id),"
    " zone BIGINT NOT NULL REFERENCES zone (id), nickname VARCHAR(128) NOT NULL, nickname_key VARCHAR(192) "
    "NOT NULL,"
    " avatar VARCHAR(256) NOT NULL, UNIQUE (zone, nickname_key))",
    "CREATE INDEX member_account ON member (account, zone)",

    // hash: hexadecimal. member: 0 for a token of an account.
    "CREATE TABLE token (id BIGINT NOT NULL PRIMARY KEY, kind SMALLINT NOT NULL, hash CHAR(64) NOT NULL "
    "UNIQUE,"
    " account BIGINT NOT NULL REFERENCES account (id), member BIGINT NOT NULL, zone BIGINT NOT NULL "
    "REFERENCES zone (id),"
    " device VARCHAR(32) NOT NULL, created_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL)",
    "CREATE INDEX token_account ON token (account)",
    "CREATE INDEX token_expires ON token (expires_ms)",

    // Two rows for two members, each from one's side; a block is written in both, so that one look tells all.
    "CREATE TABLE friend (member BIGINT NOT NULL REFERENCES member (id), peer BIGINT NOT NULL REFERENCES "
    "member (id),"
    " friendship SMALLINT NOT NULL, blocked_by_me SMALLINT NOT NULL, blocked_by_them SMALLINT NOT NULL,"
    " remark VARCHAR(256) NOT NULL, PRIMARY KEY (member, peer))",

    "CREATE TABLE room (id BIGINT NOT NULL PRIMARY KEY, zone BIGINT NOT NULL REFERENCES zone (id),"
    " name VARCHAR(128) NOT NULL, name_key VARCHAR(192) NOT NULL, description VARCHAR(1024) NOT NULL,"
    " members BIGINT NOT NULL, UNIQUE (zone, name_key))",
    "CREATE TABLE room_member (room BIGINT NOT NULL REFERENCES room (id),"
    " member BIGINT NOT NULL REFERENCES member (id), role SMALLINT NOT NULL, PRIMARY KEY (room, member))",
    "CREATE INDEX room_member_member ON room_member (member)",
    "CREATE TABLE schema_version (part VARCHAR(32) NOT NULL PRIMARY KEY, version BIGINT NOT NULL)",
    "INSERT INTO schema_version (part, version) VALUES ('directory', 1)",

    // Two accounts with a member each, both in a room that the second one owns.
    "INSERT INTO app (id, name) VALUES (1, 'app')",
    "INSERT INTO zone (id, app, name, friends, messages, devices) VALUES (1, 1, 'zone', 0, 0, 0)",
    "INSERT INTO account (id, name, password_hash) VALUES (1, 'Ann', 'h'), (2, 'Bob', 'h')",
    "INSERT INTO account_name (name_key, account) VALUES ('ann', 1), ('bob', 2)",
    "INSERT INTO member (id, account, zone, nickname, nickname_key, avatar)"
    " VALUES (1, 1, 1, 'Ann', 'ann', ''), (2, 2, 1, 'Bob', 'bob', '')",
    "INSERT INTO room (id, zone, name, name_key, description, members) VALUES (1, 1, 'Go', 'go', 'stones', "
    "2)",
    "INSERT INTO room_member (room, member, role) VALUES (1, 1, 0), (1, 2, 2)",
    "UPDATE id_counter SET last = 2 WHERE kind IN ('account', 'member')",
    "UPDATE id_counter SET last = 1 WHERE kind IN ('app', 'zone', 'room')",
});

}  // namespace plaza::sql
