-- A state that rosterd left when its database had version 1: an undo's pauses, one by name alone,
-- a deletion that was under way.
BEGIN TRANSACTION;
CREATE TABLE action (  id INTEGER PRIMARY KEY,  pass TEXT NOT NULL REFERENCES pass (id),  instance TEXT NOT NULL,  channel_id TEXT NOT NULL,  channel_name TEXT NOT NULL,  member_id TEXT NOT NULL,  identity BLOB NOT NULL,  member TEXT NOT NULL,  digest TEXT NOT NULL,  mode TEXT NOT NULL,  recorded_usec INTEGER NOT NULL,  outcome TEXT,  http INTEGER,  code TEXT,  request_id TEXT,  attempts INTEGER,  decided_usec INTEGER);
INSERT INTO "action" VALUES(1,'2026-11-29T16:39:28Z-1','test','df384ae97c77ad3001626aab01f2eb2a','payments','63cbe1e459320dd7e2197f3894e16ec5',X'0031302E392E302E31001F90','{"host":"10.9.0.1","weight":1,"is_backup":false,"member_group_name":"","status":1,"port":8080,"ecs_id":"10.9.0.1","ecs_name":"10.9.0.1","id":"63cbe1e459320dd7e2197f3894e16ec5","vpc_channel_id":"df384ae97c77ad3001626aab01f2eb2a","create_time":"2026-11-29T16:39:28Z","member_group_id":""}','abe7ae72dbb020dc270349292b873de9b63c1c4961ece11fdb26741a4f6f213f','prune',1795970368551771,'deleted',204,NULL,'92b3cb75164adcce301eb078b2008385',1,1795970368562780);
INSERT INTO "action" VALUES(2,'2026-11-29T16:39:28Z-1','test','1c168adb00d208e42f93314529f1fa9c','orders','6aa9d61435dbe63e8616376da16fa979',X'0031302E392E302E32001F90','{"host":"10.9.0.2","weight":1,"is_backup":false,"member_group_name":"","status":1,"port":8080,"ecs_id":"10.9.0.2","ecs_name":"10.9.0.2","id":"6aa9d61435dbe63e8616376da16fa979","vpc_channel_id":"1c168adb00d208e42f93314529f1fa9c","create_time":"2026-11-29T16:39:28Z","member_group_id":""}','56fcf9178825217735b7b3370a980e61952dc1d9204d779a4eff8e23d7f9d60e','prune',1795970368551771,'deleted',204,NULL,'6a9504bd8b269ab0781bbd2cdc5e023f',1,1795970368562938);
INSERT INTO "action" VALUES(3,'2026-11-29T16:39:28Z-1','test','1c168adb00d208e42f93314529f1fa9c','orders','875b9307abf55005ed8d38a41efe5ef5',X'0031302E392E302E33001F90','{"host":"10.9.0.3","weight":1,"is_backup":false,"member_group_name":"","status":1,"port":8080,"ecs_id":"10.9.0.3","ecs_name":"10.9.0.3","id":"875b9307abf55005ed8d38a41efe5ef5","vpc_channel_id":"1c168adb00d208e42f93314529f1fa9c","create_time":"2026-11-29T16:39:28Z","member_group_id":""}','56fcf9178825217735b7b3370a980e61952dc1d9204d779a4eff8e23d7f9d60e','prune',1795970368551771,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE approval (  digest TEXT PRIMARY KEY NOT NULL,  given_usec INTEGER NOT NULL,  spent_usec INTEGER) WITHOUT ROWID;
INSERT INTO "approval" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1795970370366516,NULL);
CREATE TABLE pass (  id TEXT PRIMARY KEY NOT NULL,  started_usec INTEGER NOT NULL,  finished_usec INTEGER,  result TEXT) WITHOUT ROWID;
INSERT INTO "pass" VALUES('2026-11-29T16:39:28Z-1',1795970368548449,1795970368563509,'converged');
CREATE TABLE pause (  instance TEXT NOT NULL,  channel_id TEXT NOT NULL,  reason TEXT NOT NULL,  created_usec INTEGER NOT NULL,  until_usec INTEGER,  PRIMARY KEY (instance, channel_id)) WITHOUT ROWID;
INSERT INTO "pause" VALUES('test','1c168adb00d208e42f93314529f1fa9c','undo of 2026-11-29T16:39:28Z-1',1795970368777342,4102444800000000);
INSERT INTO "pause" VALUES('test','df384ae97c77ad3001626aab01f2eb2a','undo of 2026-11-29T16:39:28Z-1',1795970368774081,NULL);
INSERT INTO "pause" VALUES('test','name:absent','by name',1795970370318622,NULL);
INSERT INTO "pause" VALUES('test','name:orders','undo of 2026-11-29T16:39:28Z-1',1795970368777342,4102444800000000);
INSERT INTO "pause" VALUES('test','name:payments','undo of 2026-11-29T16:39:28Z-1',1795970368774081,NULL);
CREATE TABLE refusal (  subject TEXT PRIMARY KEY NOT NULL,  mark TEXT NOT NULL,  until_usec INTEGER,  refused_usec INTEGER NOT NULL,  http INTEGER,  code TEXT NOT NULL,  request_id TEXT NOT NULL,  text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sighting (  instance TEXT NOT NULL,  channel_id TEXT NOT NULL,  member_id TEXT NOT NULL,  count INTEGER NOT NULL,  PRIMARY KEY (instance, channel_id, member_id)) WITHOUT ROWID;
INSERT INTO "sighting" VALUES('test','1c168adb00d208e42f93314529f1fa9c','m1',2);
CREATE INDEX action_recent ON action (instance, channel_id, recorded_usec);
CREATE INDEX action_pass ON action (pass);
CREATE INDEX action_undecided ON action (id) WHERE outcome IS NULL;
PRAGMA application_id = 1919906916;
PRAGMA user_version = 1;
COMMIT;
