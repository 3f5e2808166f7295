BEGIN TRANSACTION;
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
INSERT INTO "auth_permission" VALUES(1,1,'add_cursor','Can add cursor');
INSERT INTO "auth_permission" VALUES(2,1,'change_cursor','Can change cursor');
INSERT INTO "auth_permission" VALUES(3,1,'delete_cursor','Can delete cursor');
INSERT INTO "auth_permission" VALUES(4,1,'view_cursor','Can view cursor');
INSERT INTO "auth_permission" VALUES(5,2,'add_order','Can add order');
INSERT INTO "auth_permission" VALUES(6,2,'change_order','Can change order');
INSERT INTO "auth_permission" VALUES(7,2,'delete_order','Can delete order');
INSERT INTO "auth_permission" VALUES(8,2,'view_order','Can view order');
INSERT INTO "auth_permission" VALUES(9,3,'add_orderitem','Can add order item');
INSERT INTO "auth_permission" VALUES(10,3,'change_orderitem','Can change order item');
INSERT INTO "auth_permission" VALUES(11,3,'delete_orderitem','Can delete order item');
INSERT INTO "auth_permission" VALUES(12,3,'view_orderitem','Can view order item');
INSERT INTO "auth_permission" VALUES(13,4,'add_product','Can add product');
INSERT INTO "auth_permission" VALUES(14,4,'change_product','Can change product');
INSERT INTO "auth_permission" VALUES(15,4,'delete_product','Can delete product');
INSERT INTO "auth_permission" VALUES(16,4,'view_product','Can view product');
INSERT INTO "auth_permission" VALUES(17,5,'add_refund','Can add refund');
INSERT INTO "auth_permission" VALUES(18,5,'change_refund','Can change refund');
INSERT INTO "auth_permission" VALUES(19,5,'delete_refund','Can delete refund');
INSERT INTO "auth_permission" VALUES(20,5,'view_refund','Can view refund');
INSERT INTO "auth_permission" VALUES(21,6,'add_stripeevent','Can add stripe event');
INSERT INTO "auth_permission" VALUES(22,6,'change_stripeevent','Can change stripe event');
INSERT INTO "auth_permission" VALUES(23,6,'delete_stripeevent','Can delete stripe event');
INSERT INTO "auth_permission" VALUES(24,6,'view_stripeevent','Can view stripe event');
INSERT INTO "auth_permission" VALUES(25,7,'add_fulfilment','Can add fulfilment');
INSERT INTO "auth_permission" VALUES(26,7,'change_fulfilment','Can change fulfilment');
INSERT INTO "auth_permission" VALUES(27,7,'delete_fulfilment','Can delete fulfilment');
INSERT INTO "auth_permission" VALUES(28,7,'view_fulfilment','Can view fulfilment');
INSERT INTO "auth_permission" VALUES(29,8,'add_dbtaskresult','Can add Task Result');
INSERT INTO "auth_permission" VALUES(30,8,'change_dbtaskresult','Can change Task Result');
INSERT INTO "auth_permission" VALUES(31,8,'delete_dbtaskresult','Can delete Task Result');
INSERT INTO "auth_permission" VALUES(32,8,'view_dbtaskresult','Can view Task Result');
INSERT INTO "auth_permission" VALUES(33,9,'add_logentry','Can add log entry');
INSERT INTO "auth_permission" VALUES(34,9,'change_logentry','Can change log entry');
INSERT INTO "auth_permission" VALUES(35,9,'delete_logentry','Can delete log entry');
INSERT INTO "auth_permission" VALUES(36,9,'view_logentry','Can view log entry');
INSERT INTO "auth_permission" VALUES(37,10,'add_permission','Can add permission');
INSERT INTO "auth_permission" VALUES(38,10,'change_permission','Can change permission');
INSERT INTO "auth_permission" VALUES(39,10,'delete_permission','Can delete permission');
INSERT INTO "auth_permission" VALUES(40,10,'view_permission','Can view permission');
INSERT INTO "auth_permission" VALUES(41,11,'add_group','Can add group');
INSERT INTO "auth_permission" VALUES(42,11,'change_group','Can change group');
INSERT INTO "auth_permission" VALUES(43,11,'delete_group','Can delete group');
INSERT INTO "auth_permission" VALUES(44,11,'view_group','Can view group');
INSERT INTO "auth_permission" VALUES(45,12,'add_user','Can add user');
INSERT INTO "auth_permission" VALUES(46,12,'change_user','Can change user');
INSERT INTO "auth_permission" VALUES(47,12,'delete_user','Can delete user');
INSERT INTO "auth_permission" VALUES(48,12,'view_user','Can view user');
INSERT INTO "auth_permission" VALUES(49,13,'add_contenttype','Can add content type');
INSERT INTO "auth_permission" VALUES(50,13,'change_contenttype','Can change content type');
INSERT INTO "auth_permission" VALUES(51,13,'delete_contenttype','Can delete content type');
INSERT INTO "auth_permission" VALUES(52,13,'view_contenttype','Can view content type');
INSERT INTO "auth_permission" VALUES(53,14,'add_session','Can add session');
INSERT INTO "auth_permission" VALUES(54,14,'change_session','Can change session');
INSERT INTO "auth_permission" VALUES(55,14,'delete_session','Can delete session');
INSERT INTO "auth_permission" VALUES(56,14,'view_session','Can view session');
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
INSERT INTO "django_content_type" VALUES(1,'payments','cursor');
INSERT INTO "django_content_type" VALUES(2,'payments','order');
INSERT INTO "django_content_type" VALUES(3,'payments','orderitem');
INSERT INTO "django_content_type" VALUES(4,'payments','product');
INSERT INTO "django_content_type" VALUES(5,'payments','refund');
INSERT INTO "django_content_type" VALUES(6,'payments','stripeevent');
INSERT INTO "django_content_type" VALUES(7,'payments','fulfilment');
INSERT INTO "django_content_type" VALUES(8,'django_tasks_database','dbtaskresult');
INSERT INTO "django_content_type" VALUES(9,'admin','logentry');
INSERT INTO "django_content_type" VALUES(10,'auth','permission');
INSERT INTO "django_content_type" VALUES(11,'auth','group');
INSERT INTO "django_content_type" VALUES(12,'auth','user');
INSERT INTO "django_content_type" VALUES(13,'contenttypes','contenttype');
INSERT INTO "django_content_type" VALUES(14,'sessions','session');
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-26 14:36:53.012348');
INSERT INTO "django_migrations" VALUES(2,'auth','0001_initial','2026-11-26 14:36:53.042913');
INSERT INTO "django_migrations" VALUES(3,'admin','0001_initial','2026-11-26 14:36:53.056238');
INSERT INTO "django_migrations" VALUES(4,'admin','0002_logentry_remove_auto_add','2026-11-26 14:36:53.145214');
INSERT INTO "django_migrations" VALUES(5,'admin','0003_logentry_add_action_flag_choices','2026-11-26 14:36:53.155428');
INSERT INTO "django_migrations" VALUES(6,'contenttypes','0002_remove_content_type_name','2026-11-26 14:36:53.174373');
INSERT INTO "django_migrations" VALUES(7,'auth','0002_alter_permission_name_max_length','2026-11-26 14:36:53.193347');
INSERT INTO "django_migrations" VALUES(8,'auth','0003_alter_user_email_max_length','2026-11-26 14:36:53.209397');
INSERT INTO "django_migrations" VALUES(9,'auth','0004_alter_user_username_opts','2026-11-26 14:36:53.228259');
INSERT INTO "django_migrations" VALUES(10,'auth','0005_alter_user_last_login_null','2026-11-26 14:36:53.254756');
INSERT INTO "django_migrations" VALUES(11,'auth','0006_require_contenttypes_0002','2026-11-26 14:36:53.259006');
INSERT INTO "django_migrations" VALUES(12,'auth','0007_alter_validators_add_error_messages','2026-11-26 14:36:53.271598');
INSERT INTO "django_migrations" VALUES(13,'auth','0008_alter_user_username_max_length','2026-11-26 14:36:53.291552');
INSERT INTO "django_migrations" VALUES(14,'auth','0009_alter_user_last_name_max_length','2026-11-26 14:36:53.308939');
INSERT INTO "django_migrations" VALUES(15,'auth','0010_alter_group_name_max_length','2026-11-26 14:36:53.329120');
INSERT INTO "django_migrations" VALUES(16,'auth','0011_update_proxy_permissions','2026-11-26 14:36:53.350994');
INSERT INTO "django_migrations" VALUES(17,'auth','0012_alter_user_first_name_max_length','2026-11-26 14:36:53.366660');
INSERT INTO "django_migrations" VALUES(18,'django_tasks_database','0001_initial','2026-11-26 14:36:53.380375');
INSERT INTO "django_migrations" VALUES(19,'django_tasks_database','0002_alter_dbtaskresult_options','2026-11-26 14:36:53.388013');
INSERT INTO "django_migrations" VALUES(20,'django_tasks_database','0003_dbtaskresult_enqueued_at_dbtaskresult_finished_at','2026-11-26 14:36:53.405797');
INSERT INTO "django_migrations" VALUES(21,'django_tasks_database','0004_dbtaskresult_started_at','2026-11-26 14:36:53.420303');
INSERT INTO "django_migrations" VALUES(22,'django_tasks_database','0005_alter_dbtaskresult_priority_and_more','2026-11-26 14:36:53.436628');
INSERT INTO "django_migrations" VALUES(23,'django_tasks_database','0006_alter_dbtaskresult_args_kwargs_and_more','2026-11-26 14:36:53.466291');
INSERT INTO "django_migrations" VALUES(24,'django_tasks_database','0007_add_separate_results_fields','2026-11-26 14:36:53.481874');
INSERT INTO "django_migrations" VALUES(25,'django_tasks_database','0008_separate_results_field','2026-11-26 14:36:53.500358');
INSERT INTO "django_migrations" VALUES(26,'django_tasks_database','0009_remove_results_field','2026-11-26 14:36:53.504885');
INSERT INTO "django_migrations" VALUES(27,'django_tasks_database','0010_alter_dbtaskresult_status','2026-11-26 14:36:53.514033');
INSERT INTO "django_migrations" VALUES(28,'django_tasks_database','0011_rename_complete_status','2026-11-26 14:36:53.526506');
INSERT INTO "django_migrations" VALUES(29,'django_tasks_database','0012_add_separate_exception_fields','2026-11-26 14:36:53.543945');
INSERT INTO "django_migrations" VALUES(30,'django_tasks_database','0013_separate_exception_fields','2026-11-26 14:36:53.560166');
INSERT INTO "django_migrations" VALUES(31,'django_tasks_database','0014_remove_dbtaskresult_exception_data','2026-11-26 14:36:53.565085');
INSERT INTO "django_migrations" VALUES(32,'django_tasks_database','0015_correctly_order_run_after','2026-11-26 14:36:53.572865');
INSERT INTO "django_migrations" VALUES(33,'django_tasks_database','0016_remove_dbtaskresult_django_task_new_ordering_idx_and_more','2026-11-26 14:36:53.630982');
INSERT INTO "django_migrations" VALUES(34,'django_tasks_database','0017_dbtaskresult_metadata','2026-11-26 14:36:53.648166');
INSERT INTO "django_migrations" VALUES(35,'django_tasks_database','0018_rename_succeeded_status','2026-11-26 14:36:53.668570');
INSERT INTO "django_migrations" VALUES(36,'django_tasks_database','0019_rename_django_task_new_ordering_idx_tasks_db_new_ordering_idx_and_more','2026-11-26 14:36:53.720269');
INSERT INTO "django_migrations" VALUES(37,'django_tasks_database','0020_update_db_task_result_ordering','2026-11-26 14:36:53.726200');
INSERT INTO "django_migrations" VALUES(38,'django_tasks_database','0021_conditional_partial_index_ordering','2026-11-26 14:36:53.737724');
INSERT INTO "django_migrations" VALUES(39,'payments','0001_initial','2026-11-26 14:36:53.835433');
INSERT INTO "django_migrations" VALUES(40,'payments','0002_keys_at_stripe','2026-11-26 14:36:53.876031');
INSERT INTO "django_migrations" VALUES(41,'payments','0003_fewer_indexes','2026-11-26 14:36:54.033688');
INSERT INTO "django_migrations" VALUES(42,'payments','0004_open_events','2026-11-26 14:36:54.059226');
INSERT INTO "django_migrations" VALUES(43,'payments','0005_event_source','2026-11-26 14:36:54.081477');
INSERT INTO "django_migrations" VALUES(44,'payments','0006_unwatched_product','2026-11-26 14:36:54.107065');
INSERT INTO "django_migrations" VALUES(45,'sessions','0001_initial','2026-11-26 14:36:54.114898');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE TABLE "django_tasks_database_dbtaskresult" ("id" char(32) NOT NULL PRIMARY KEY, "args_kwargs" text NOT NULL CHECK ((JSON_VALID("args_kwargs") OR "args_kwargs" IS NULL)), "priority" integer NOT NULL, "task_path" text NOT NULL, "queue_name" varchar(32) NOT NULL, "backend_name" varchar(32) NOT NULL, "run_after" datetime NOT NULL, "enqueued_at" datetime NOT NULL, "finished_at" datetime NULL, "started_at" datetime NULL, "return_value" text NULL CHECK ((JSON_VALID("return_value") OR "return_value" IS NULL)), "exception_class_path" text NOT NULL, "traceback" text NOT NULL, "worker_ids" text NOT NULL CHECK ((JSON_VALID("worker_ids") OR "worker_ids" IS NULL)), "status" varchar(10) NOT NULL, CONSTRAINT "priority_range" CHECK ("priority" BETWEEN -100 AND 100));
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('148035f8a95847da9f511d0b3d4d2531','{"args": ["881ebdea-ac7d-4bb0-b245-1f485bfff7d1"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.262772',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('5a2d94a972704d67b1f61e39c362eb3d','{"args": ["cbef1a65-ba65-4644-9a93-9b0d1531c2d0"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.281846',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('b9bc2cd0b8cc4af398d6e22efaf59cca','{"args": ["82462b76-f111-4f8e-8677-ec1a4477731f"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.346506',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('36633ce291ed47158512373e268df808','{"args": ["2d9fc310-a5b6-412c-a8ed-46d574cb6fbc"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.398841',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('1fca7edf8aa943f09c8a0f596ea07615','{"args": ["3f13fbef-d8e6-4f04-a11c-e081e800f5bf"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.680102',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('a6bb29bf218448b299b282f64798428b','{"args": ["7f076a68-44a5-4749-9263-979094adc695"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:56.872094',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('d3423d1b5c87454983d58f4afb711e32','{"args": ["31f1f0e7-ec69-4933-9e46-e5df3e1a2320"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.134419',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('aff41fd3d65f40969e63eb251fef15b6','{"args": ["ce538eb1-e328-46c3-9a73-0150e6d694f2"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.185240',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('8ed790c34d274ae19f9279ff8515446b','{"args": ["809e0ca0-d021-40f2-a8d4-f13b605d410b"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.238437',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('ddfaef1b175a43a09ea5f80a71696bb0','{"args": ["de2e0171-6c71-410f-979f-691a6ca79ba8"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.315688',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('f21f30982e394a9599b2ece372ddf58a','{"args": ["681fedbc-e971-4de3-adc9-a804c454fea0"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.341528',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('62d0a0d11cc24618bfcfa4e01b4c4593','{"args": ["7dcf2e30-c7e0-4517-8cd5-ae67ab13afa8"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.415312',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('c33931997d7049cdb5cb7cbcb6f15a2d','{"args": ["cb7a6061-805d-49c2-872f-e018e710b8c2"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:57.584177',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('8cb89e5e3e744e82887421434815e336','{"args": ["a82d563a-a6ba-47e2-ae63-075270cb2d0b"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:36:59.724424',NULL,NULL,NULL,'','','[]','READY');
INSERT INTO "django_tasks_database_dbtaskresult" VALUES('23f09869915547888920115faccba892','{"args": ["1b4c1604-f208-4535-a088-b28f72c43fa3"], "kwargs": {}}',0,'app.payments.outbox.run_fulfilment','default','default','9999-01-01 00:00:00','2026-11-26 14:37:03.297917',NULL,NULL,NULL,'','','[]','READY');
CREATE TABLE "payments_cursor" ("name" varchar(50) NOT NULL PRIMARY KEY, "position" bigint unsigned NOT NULL CHECK ("position" >= 0));
CREATE TABLE "payments_fulfilment" ("order_id" char(32) NOT NULL PRIMARY KEY REFERENCES "payments_order" ("id") DEFERRABLE INITIALLY DEFERRED, "status" varchar(10) NOT NULL, "attempts" integer unsigned NOT NULL CHECK ("attempts" >= 0), "error" text NOT NULL, "created_at" datetime NOT NULL, "next_attempt_at" datetime NOT NULL, "done_at" datetime NULL);
INSERT INTO "payments_fulfilment" VALUES('881ebdeaac7d4bb0b2451f485bfff7d1','pending',0,'','2026-11-26 14:36:56.257529','2026-11-26 14:38:56.257429',NULL);
INSERT INTO "payments_fulfilment" VALUES('cbef1a65ba6546449a939b0d1531c2d0','done',1,'','2026-11-26 14:36:56.281464','2026-11-26 14:38:56.293405','2026-11-26 14:36:56.319581');
INSERT INTO "payments_fulfilment" VALUES('82462b76f1114f8e8677ec1a4477731f','pending',1,'OSError: no mail server','2026-11-26 14:36:56.346118','2026-11-26 14:37:01.324772',NULL);
INSERT INTO "payments_fulfilment" VALUES('2d9fc310a5b6412ca8ed46d574cb6fbc','dead',12,'OSError: no mail server','2026-11-26 14:36:56.398389','2026-11-26 14:36:56.324772',NULL);
INSERT INTO "payments_fulfilment" VALUES('3f13fbefd8e64f04a11ce081e800f5bf','done',1,'','2026-11-26 14:36:56.679684','2026-11-26 14:38:56.719232','2026-11-26 14:36:56.793073');
INSERT INTO "payments_fulfilment" VALUES('7f076a6844a547499263979094adc695','done',1,'','2026-11-26 14:36:56.871684','2026-11-26 14:38:56.901519','2026-11-26 14:36:56.972766');
INSERT INTO "payments_fulfilment" VALUES('31f1f0e7ec6949339e46e5df3e1a2320','done',1,'','2026-11-26 14:36:57.134034','2026-11-26 14:38:57.147159','2026-11-26 14:36:57.150420');
INSERT INTO "payments_fulfilment" VALUES('ce538eb1e32846c39a730150e6d694f2','done',1,'','2026-11-26 14:36:57.184873','2026-11-26 14:38:57.201040','2026-11-26 14:36:57.216088');
INSERT INTO "payments_fulfilment" VALUES('809e0ca0d02140f2a8d4f13b605d410b','done',1,'','2026-11-26 14:36:57.238090','2026-11-26 14:38:57.253095','2026-11-26 14:36:57.261941');
INSERT INTO "payments_fulfilment" VALUES('de2e01716c71410f979f691a6ca79ba8','pending',0,'','2026-11-26 14:36:57.315304','2026-11-26 14:38:57.315257',NULL);
INSERT INTO "payments_fulfilment" VALUES('681fedbce9714de3adc9a804c454fea0','pending',0,'','2026-11-26 14:36:57.341171','2026-11-26 14:38:57.341124',NULL);
INSERT INTO "payments_fulfilment" VALUES('7dcf2e30c7e045178cd5ae67ab13afa8','done',1,'','2026-11-26 14:36:57.378543','2026-11-26 14:38:57.492837','2026-11-26 14:36:57.504180');
INSERT INTO "payments_fulfilment" VALUES('cb7a6061805d49c2872fe018e710b8c2','done',1,'','2026-11-26 14:36:57.583805','2026-11-26 14:38:57.596754','2026-11-26 14:36:57.603161');
INSERT INTO "payments_fulfilment" VALUES('a82d563aa6ba47e2ae63075270cb2d0b','done',1,'','2026-11-26 14:36:59.723675','2026-11-26 14:38:59.744224','2026-11-26 14:36:59.760274');
INSERT INTO "payments_fulfilment" VALUES('1b4c1604f2084535a088b28f72c43fa3','done',1,'','2026-11-26 14:37:03.297473','2026-11-26 14:39:03.313925','2026-11-26 14:37:03.319591');
CREATE TABLE "payments_order" ("id" char(32) NOT NULL PRIMARY KEY, "status" varchar(20) NOT NULL, "reason_code" varchar(64) NOT NULL, "reason" text NOT NULL, "currency" varchar(3) NOT NULL, "amount_total" bigint unsigned NOT NULL CHECK ("amount_total" >= 0), "amount_refunded" bigint unsigned NOT NULL CHECK ("amount_refunded" >= 0), "customer_email" varchar(254) NOT NULL, "livemode" bool NOT NULL, "stripe_payment_intent_id" varchar(255) NOT NULL, "checkout_url" text NOT NULL, "facts" text NOT NULL CHECK ((JSON_VALID("facts") OR "facts" IS NULL)), "return_url" text NOT NULL, "idempotency_key" varchar(255) NULL, "request_fingerprint" varchar(64) NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "paid_at" datetime NULL, "checked_at" datetime NULL, "session_attempt" smallint unsigned NOT NULL CHECK ("session_attempt" >= 0), "stripe_session_id" varchar(255) NULL);
INSERT INTO "payments_order" VALUES('9afc04af8b404a97ab55d6668dfd2bad','pending','','','usd',2000,0,'pending@example.com',0,'','http://stripe.test/c/pay/cs_test_pending','{}','http://localhost/return/{order_id}/','pending','b43117605554ac54c4b1825d953a498622661c5d10a33a6d3aa1004f823801db','2026-11-26 14:36:56.111981','2026-11-26 14:36:56.122883',NULL,NULL,0,'cs_test_pending');
INSERT INTO "payments_order" VALUES('a563bb9dad0f43babf2aee69f287a38f','pending','','','usd',2000,0,'pending_without_a_session@example.com',0,'','','{}','http://localhost/return/{order_id}/','pending without a session','ba3baf84dd5ce0b9024d35bf66d29510bd71bee7d3a263584b478cb439a37459','2026-11-26 14:36:56.124662','2026-11-26 14:36:56.127403',NULL,NULL,0,NULL);
INSERT INTO "payments_order" VALUES('157dd9ed0d5f4676b3478b707021a67a','processing','','','usd',2000,0,'processing@example.com',0,'pi_processing','http://stripe.test/c/pay/cs_test_processing','{"session": "complete", "payment": "unpaid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','processing','19f74dc03e34bedc2732a310195d075645741db21b9328e6b1a2802fd0167e24','2026-11-26 14:36:56.134997','2026-11-26 14:36:56.233572',NULL,NULL,0,'cs_test_processing');
INSERT INTO "payments_order" VALUES('881ebdeaac7d4bb0b2451f485bfff7d1','paid','','','usd',2000,0,'paid_not_delivered_yet@example.com',0,'pi_paid_not_delivered_yet','http://stripe.test/c/pay/cs_test_paid_not_delivered_yet','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','paid, not delivered yet','b51970117132b6bdf4884c9065f6103a491976f2e37bbb4f07d09c96babdf180','2026-11-26 14:36:56.244772','2026-11-26 14:36:56.263338','2026-11-26 14:36:56.257393',NULL,0,'cs_test_paid_not_delivered_yet');
INSERT INTO "payments_order" VALUES('cbef1a65ba6546449a939b0d1531c2d0','paid','','','usd',2000,0,'paid@example.com',0,'pi_paid','http://stripe.test/c/pay/cs_test_paid','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','paid','21efdbb2ccac2377255883cf669b20ed74e046c4936672da37911ffd07cca85e','2026-11-26 14:36:56.267661','2026-11-26 14:36:56.282127','2026-11-26 14:36:56.281411',NULL,0,'cs_test_paid');
INSERT INTO "payments_order" VALUES('82462b76f1114f8e8677ec1a4477731f','paid','','','usd',2000,0,'paid_delivery_failed_once@example.com',0,'pi_paid_delivery_failed_once','http://stripe.test/c/pay/cs_test_paid_delivery_failed_once','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','paid, delivery failed once','798acf89c7aed6a55dca2afd3ec83c48860f21e655e69bb1100f36e1ee2027be','2026-11-26 14:36:56.325082','2026-11-26 14:36:56.355026','2026-11-26 14:36:56.346061',NULL,0,'cs_test_paid_delivery_failed_once');
INSERT INTO "payments_order" VALUES('2d9fc310a5b6412ca8ed46d574cb6fbc','paid','','','usd',2000,0,'paid_delivery_gave_up@example.com',0,'pi_paid_delivery_gave_up','http://stripe.test/c/pay/cs_test_paid_delivery_gave_up','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','paid, delivery gave up','d1a2450f1bbe32c361c3132b7d28619cf509aae1a2b2b63e29bc9501b7d88b6a','2026-11-26 14:36:56.375090','2026-11-26 14:36:56.399142','2026-11-26 14:36:56.398319',NULL,0,'cs_test_paid_delivery_gave_up');
INSERT INTO "payments_order" VALUES('26449f7500da4d7395888d612758932a','pending','insufficient_funds','Your card has insufficient funds.','usd',2000,0,'declined@example.com',0,'pi_declined','http://stripe.test/c/pay/cs_test_declined','{"session": "open", "payment": "unpaid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [1790000000, "insufficient_funds", "Your card has insufficient funds."], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','declined','ff7b3fc7602d4e17f204307638b12c33ccb065254c4627523d320bd3e4a189a0','2026-11-26 14:36:56.415834','2026-11-26 14:36:56.484938',NULL,NULL,0,'cs_test_declined');
INSERT INTO "payments_order" VALUES('0a6da1f90dfc43ba993397e727cbf35a','failed','','','usd',2000,0,'failed@example.com',0,'pi_failed','http://stripe.test/c/pay/cs_test_failed','{"session": "complete", "payment": "failed", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','failed','dcb26fb6f5cf1482e1c9d08cc8272458e2a3aca8fde935a7ea3616feab50147a','2026-11-26 14:36:56.491444','2026-11-26 14:36:56.516798',NULL,NULL,0,'cs_test_failed');
INSERT INTO "payments_order" VALUES('f3e0553efa5e4b09af946c1523765bcc','expired','','','usd',2000,0,'expired@example.com',0,'','http://stripe.test/c/pay/cs_test_expired','{"session": "expired", "payment": "unpaid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','expired','f822457d8affd46eab1ef72a8dd05f59f6688f79f4d716f024f17849c28f8eb9','2026-11-26 14:36:56.527900','2026-11-26 14:36:56.542797',NULL,NULL,0,'cs_test_expired');
INSERT INTO "payments_order" VALUES('3b7f8c0cb8c346d7aa54349b5beec1d8','expired','never_started','The payment page was never opened.','usd',2000,0,'never_started@example.com',0,'','','{"session": "expired", "payment": "unpaid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','never started','1be47976905b71330c95c3e3db5d3c64644dbe0ba6a5d0369bf89fce38426512','2026-11-26 14:36:56.552052','2026-11-26 14:36:56.556272',NULL,NULL,0,NULL);
INSERT INTO "payments_order" VALUES('97ac9ffbf1df4710889003e814b4f499','canceled','insufficient_funds','Your card has insufficient funds.','usd',2000,0,'canceled@example.com',0,'pi_canceled','http://stripe.test/c/pay/cs_test_canceled','{"session": "open", "payment": "canceled", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [1790000000, "insufficient_funds", "Your card has insufficient funds."], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','canceled','3f770bb278a7510fd248ed55ebce878bf898ceda4689fc9045bef423b60f999d','2026-11-26 14:36:56.557295','2026-11-26 14:36:56.594139',NULL,NULL,0,'cs_test_canceled');
INSERT INTO "payments_order" VALUES('3f13fbefd8e64f04a11ce081e800f5bf','partially_refunded','','','usd',2000,500,'partially_refunded@example.com',0,'pi_partially_refunded','http://stripe.test/c/pay/cs_test_partially_refunded','{"session": "complete", "payment": "paid", "refunds": {"re_part": [500, "succeeded"]}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','partially refunded','6c81e6ae83333f768ad4f79f759c3602ab8169bd7e1583b733eba7179eeed973','2026-11-26 14:36:56.662245','2026-11-26 14:36:56.817987','2026-11-26 14:36:56.679613',NULL,0,'cs_test_partially_refunded');
INSERT INTO "payments_order" VALUES('7f076a6844a547499263979094adc695','refunded','','','usd',2000,2000,'refunded@example.com',0,'pi_refunded','http://stripe.test/c/pay/cs_test_refunded','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 2000, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','refunded','8d34752a778b77cf541f96d8fb526b864cbf464b872c4a2d4c4fce22172c81ff','2026-11-26 14:36:56.823174','2026-11-26 14:36:56.979319','2026-11-26 14:36:56.871617',NULL,0,'cs_test_refunded');
INSERT INTO "payments_order" VALUES('31f1f0e7ec6949339e46e5df3e1a2320','disputed','','','usd',2000,0,'disputed@example.com',0,'pi_disputed','http://stripe.test/c/pay/cs_test_disputed','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {"du_open": "needs_response"}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','disputed','684b2bb265fb8be34cf45e4a7c462eaad959370d3832c93279e52251806e0a64','2026-11-26 14:36:56.987424','2026-11-26 14:36:57.157854','2026-11-26 14:36:57.133973',NULL,0,'cs_test_disputed');
INSERT INTO "payments_order" VALUES('ce538eb1e32846c39a730150e6d694f2','disputed','','','usd',2000,0,'dispute_lost@example.com',0,'pi_dispute_lost','http://stripe.test/c/pay/cs_test_dispute_lost','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {"du_lost": "lost"}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','dispute lost','6a312d04ca1a31d16646b4bf2016a538feef03120651509e2abe0601c1ed34f4','2026-11-26 14:36:57.165716','2026-11-26 14:36:57.221342','2026-11-26 14:36:57.184818',NULL,0,'cs_test_dispute_lost');
INSERT INTO "payments_order" VALUES('809e0ca0d02140f2a8d4f13b605d410b','disputed','','','usd',2000,0,'inquiry@example.com',0,'pi_inquiry','http://stripe.test/c/pay/cs_test_inquiry','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {"du_inquiry": "warning_needs_response"}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','inquiry','16f015a2bdf3161b16b4e86ad37a7576936add2d26d61bebeaef1f61117f0713','2026-11-26 14:36:57.231337','2026-11-26 14:36:57.275857','2026-11-26 14:36:57.238042',NULL,0,'cs_test_inquiry');
INSERT INTO "payments_order" VALUES('7f2ced0950ce451097e0817ce59940b6','needs_review','mismatch','Stripe''s amount_total is 1800, the order''s is 2000.','usd',2000,0,'in_review_less_paid@example.com',0,'pi_in_review_less_paid','http://stripe.test/c/pay/cs_test_in_review_less_paid','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": ["Stripe''s amount_total is 1800, the order''s is 2000."], "accepted": []}','http://localhost/return/{order_id}/','in review, less paid','c0d939635ce2811d5e7e2c3ca5b0c005b79389bace792b3f9d4d33c444ce3512','2026-11-26 14:36:57.277444','2026-11-26 14:36:57.293547',NULL,NULL,0,'cs_test_in_review_less_paid');
INSERT INTO "payments_order" VALUES('de2e01716c71410f979f691a6ca79ba8','paid','','','usd',2000,0,'accepted_less_paid@example.com',0,'pi_accepted_less_paid','http://stripe.test/c/pay/cs_test_accepted_less_paid','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": ["Stripe''s amount_total is 1800, the order''s is 2000."], "accepted": ["Stripe''s amount_total is 1800, the order''s is 2000."]}','http://localhost/return/{order_id}/','accepted, less paid','40ba29b3a318ccba4c0c825a414658d199660996c2a051d2b98cf5e3d14f1602','2026-11-26 14:36:57.300050','2026-11-26 14:36:57.315959','2026-11-26 14:36:57.315248',NULL,0,'cs_test_accepted_less_paid');
INSERT INTO "payments_order" VALUES('681fedbce9714de3adc9a804c454fea0','refunded','','','usd',2000,2000,'accepted_and_refunded_more_paid@example.com',0,'pi_accepted_and_refunded_more_paid','http://stripe.test/c/pay/cs_test_accepted_and_refunded_more_paid','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 2000, "disputes": {}, "decline": [0, "", ""], "mismatches": ["Stripe''s amount_total is 2500, the order''s is 2000."], "accepted": ["Stripe''s amount_total is 2500, the order''s is 2000."]}','http://localhost/return/{order_id}/','accepted and refunded, more paid','c6b9514ad48137e0086207d5cdc5eef23772bc37ba216c62ca93dad5f4d98d1c','2026-11-26 14:36:57.318963','2026-11-26 14:36:57.357863','2026-11-26 14:36:57.341114',NULL,0,'cs_test_accepted_and_refunded_more_paid');
INSERT INTO "payments_order" VALUES('7dcf2e30c7e045178cd5ae67ab13afa8','needs_review','mismatch','Another session, cs_test_second, was paid for this order.','usd',2000,0,'in_review_paid_twice@example.com',0,'pi_in_review_paid_twice','http://stripe.test/c/pay/cs_test_in_review_paid_twice','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": ["Another session, cs_test_second, was paid for this order."], "accepted": []}','http://localhost/return/{order_id}/','in review, paid twice','20db7de40fc2cc97c52b47067aa31f15e057b9fac80c7f0c18e9881bcb17467e','2026-11-26 14:36:57.371289','2026-11-26 14:36:57.520119','2026-11-26 14:36:57.378492',NULL,0,'cs_test_in_review_paid_twice');
INSERT INTO "payments_order" VALUES('254e42d6c98e437e99864eb057fd0b2c','needs_review','mismatch','Another session, cs_test_another, was paid for this order.','usd',2000,2000,'in_review_another_session_paid@example.com',0,'pi_another','http://stripe.test/c/pay/cs_test_in_review_another_session_paid','{"session": "open", "payment": "unpaid", "refunds": {}, "refunded_at_least": 2000, "disputes": {}, "decline": [0, "", ""], "mismatches": ["Another session, cs_test_another, was paid for this order."], "accepted": []}','http://localhost/return/{order_id}/','in review, another session paid','4b674edae0e430291a51be56d81638ad0db97929b4b604488fbdebfb62d6a04c','2026-11-26 14:36:57.536058','2026-11-26 14:36:57.564428',NULL,NULL,0,'cs_test_in_review_another_session_paid');
INSERT INTO "payments_order" VALUES('cb7a6061805d49c2872fe018e710b8c2','paid','','','usd',2000,0,'refund_requested@example.com',0,'pi_refund_requested','http://stripe.test/c/pay/cs_test_refund_requested','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','refund requested','d8b51642a4c93ca65e82856ceb0891e7d2e9e98eecffb83fe01137db08d264b6','2026-11-26 14:36:57.571244','2026-11-26 14:36:57.584446','2026-11-26 14:36:57.583752',NULL,0,'cs_test_refund_requested');
INSERT INTO "payments_order" VALUES('a82d563aa6ba47e2ae63075270cb2d0b','partially_refunded','','','usd',2000,700,'refund_sent@example.com',0,'pi_refund_sent','http://stripe.test/c/pay/cs_test_refund_sent','{"session": "complete", "payment": "paid", "refunds": {"re_sent": [700, "succeeded"]}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','refund sent','fc7b0787fcc8c068ecce145c65d99ffd3809d60229b6037fab012dbb75f038a9','2026-11-26 14:36:59.687602','2026-11-26 14:37:03.273606','2026-11-26 14:36:59.723613',NULL,0,'cs_test_refund_sent');
INSERT INTO "payments_order" VALUES('1b4c1604f2084535a088b28f72c43fa3','paid','','','usd',2000,0,'refund_refused@example.com',0,'pi_refund_refused','http://stripe.test/c/pay/cs_test_refund_refused','{"session": "complete", "payment": "paid", "refunds": {}, "refunded_at_least": 0, "disputes": {}, "decline": [0, "", ""], "mismatches": [], "accepted": []}','http://localhost/return/{order_id}/','refund refused','005d083d8ca92ba7f9cfd5f4a11f99795cadc559d4cc21493e1b332b8c1292d6','2026-11-26 14:37:03.287470','2026-11-26 14:37:03.298237','2026-11-26 14:37:03.297420',NULL,0,'cs_test_refund_refused');
INSERT INTO "payments_order" VALUES('d0b421e75ac54472a9adede1e3e906ac','pending','','','usd',2000,0,'refund_parked@example.com',0,'','http://stripe.test/c/pay/cs_test_refund_parked','{}','http://localhost/return/{order_id}/','refund parked','141fefaf2b75f733690281a8b949acdd21af89e808da86c4c4d27691e6a7d9d3','2026-11-26 14:37:06.994931','2026-11-26 14:37:07.002902',NULL,NULL,0,'cs_test_refund_parked');
INSERT INTO "payments_order" VALUES('f0a720edccce481ab368e7be41db36e5','pending','','','usd',2000,0,'event_failed@example.com',0,'','http://stripe.test/c/pay/cs_test_event_failed','{}','http://localhost/return/{order_id}/','event failed','e2d2eb2b38d80733a802e27582a18ea3b4c0866c5816059a2827b08090d8fb0a','2026-11-26 14:37:07.023901','2026-11-26 14:37:07.026446',NULL,NULL,0,'cs_test_event_failed');
INSERT INTO "payments_order" VALUES('2f7ac2736f0245f19da407bbc92a78d8','pending','','','usd',2000,0,'irrelevant_event@example.com',0,'','http://stripe.test/c/pay/cs_test_irrelevant_event','{}','http://localhost/return/{order_id}/','irrelevant event','c3fbb8b693a5d76feb71d6010e77b5c9aa8903df07644dbe5a9da72270ff3da8','2026-11-26 14:37:07.060968','2026-11-26 14:37:07.063343',NULL,NULL,0,'cs_test_irrelevant_event');
CREATE TABLE "payments_orderitem" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sku" varchar(64) NOT NULL, "name" varchar(250) NOT NULL, "unit_amount" integer unsigned NOT NULL CHECK ("unit_amount" >= 0), "quantity" integer unsigned NOT NULL CHECK ("quantity" >= 0), "order_id" char(32) NOT NULL REFERENCES "payments_order" ("id") DEFERRABLE INITIALLY DEFERRED, "product_id" bigint NOT NULL);
INSERT INTO "payments_orderitem" VALUES(1,'default','Demo product',2000,1,'9afc04af8b404a97ab55d6668dfd2bad',1);
INSERT INTO "payments_orderitem" VALUES(2,'default','Demo product',2000,1,'a563bb9dad0f43babf2aee69f287a38f',1);
INSERT INTO "payments_orderitem" VALUES(3,'default','Demo product',2000,1,'157dd9ed0d5f4676b3478b707021a67a',1);
INSERT INTO "payments_orderitem" VALUES(4,'default','Demo product',2000,1,'881ebdeaac7d4bb0b2451f485bfff7d1',1);
INSERT INTO "payments_orderitem" VALUES(5,'default','Demo product',2000,1,'cbef1a65ba6546449a939b0d1531c2d0',1);
INSERT INTO "payments_orderitem" VALUES(6,'default','Demo product',2000,1,'82462b76f1114f8e8677ec1a4477731f',1);
INSERT INTO "payments_orderitem" VALUES(7,'default','Demo product',2000,1,'2d9fc310a5b6412ca8ed46d574cb6fbc',1);
INSERT INTO "payments_orderitem" VALUES(8,'default','Demo product',2000,1,'26449f7500da4d7395888d612758932a',1);
INSERT INTO "payments_orderitem" VALUES(9,'default','Demo product',2000,1,'0a6da1f90dfc43ba993397e727cbf35a',1);
INSERT INTO "payments_orderitem" VALUES(10,'default','Demo product',2000,1,'f3e0553efa5e4b09af946c1523765bcc',1);
INSERT INTO "payments_orderitem" VALUES(11,'default','Demo product',2000,1,'3b7f8c0cb8c346d7aa54349b5beec1d8',1);
INSERT INTO "payments_orderitem" VALUES(12,'default','Demo product',2000,1,'97ac9ffbf1df4710889003e814b4f499',1);
INSERT INTO "payments_orderitem" VALUES(13,'default','Demo product',2000,1,'3f13fbefd8e64f04a11ce081e800f5bf',1);
INSERT INTO "payments_orderitem" VALUES(14,'default','Demo product',2000,1,'7f076a6844a547499263979094adc695',1);
INSERT INTO "payments_orderitem" VALUES(15,'default','Demo product',2000,1,'31f1f0e7ec6949339e46e5df3e1a2320',1);
INSERT INTO "payments_orderitem" VALUES(16,'default','Demo product',2000,1,'ce538eb1e32846c39a730150e6d694f2',1);
INSERT INTO "payments_orderitem" VALUES(17,'default','Demo product',2000,1,'809e0ca0d02140f2a8d4f13b605d410b',1);
INSERT INTO "payments_orderitem" VALUES(18,'default','Demo product',2000,1,'7f2ced0950ce451097e0817ce59940b6',1);
INSERT INTO "payments_orderitem" VALUES(19,'default','Demo product',2000,1,'de2e01716c71410f979f691a6ca79ba8',1);
INSERT INTO "payments_orderitem" VALUES(20,'default','Demo product',2000,1,'681fedbce9714de3adc9a804c454fea0',1);
INSERT INTO "payments_orderitem" VALUES(21,'default','Demo product',2000,1,'7dcf2e30c7e045178cd5ae67ab13afa8',1);
INSERT INTO "payments_orderitem" VALUES(22,'default','Demo product',2000,1,'254e42d6c98e437e99864eb057fd0b2c',1);
INSERT INTO "payments_orderitem" VALUES(23,'default','Demo product',2000,1,'cb7a6061805d49c2872fe018e710b8c2',1);
INSERT INTO "payments_orderitem" VALUES(24,'default','Demo product',2000,1,'a82d563aa6ba47e2ae63075270cb2d0b',1);
INSERT INTO "payments_orderitem" VALUES(25,'default','Demo product',2000,1,'1b4c1604f2084535a088b28f72c43fa3',1);
INSERT INTO "payments_orderitem" VALUES(26,'default','Demo product',2000,1,'d0b421e75ac54472a9adede1e3e906ac',1);
INSERT INTO "payments_orderitem" VALUES(27,'default','Demo product',2000,1,'f0a720edccce481ab368e7be41db36e5',1);
INSERT INTO "payments_orderitem" VALUES(28,'default','Demo product',2000,1,'2f7ac2736f0245f19da407bbc92a78d8',1);
CREATE TABLE "payments_product" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sku" varchar(64) NOT NULL UNIQUE, "name" varchar(250) NOT NULL, "description" text NOT NULL, "unit_amount" integer unsigned NOT NULL CHECK ("unit_amount" >= 0), "currency" varchar(3) NOT NULL, "active" bool NOT NULL, "created_at" datetime NOT NULL);
INSERT INTO "payments_product" VALUES(1,'default','Demo product','',2000,'usd',1,'2026-11-26 14:36:56.068706');
INSERT INTO "payments_product" VALUES(2,'mug','Enamel mug','For the third coffee of the day.',1800,'usd',1,'2026-11-26 14:36:56.085451');
INSERT INTO "payments_product" VALUES(3,'notebook','Notebook, dotted','160 pages that lie flat.',1250,'usd',1,'2026-11-26 14:36:56.099875');
INSERT INTO "payments_product" VALUES(4,'stickers','Sticker sheet','Twelve stickers for a laptop lid.',600,'usd',1,'2026-11-26 14:36:56.101986');
CREATE TABLE "payments_refund" ("id" char(32) NOT NULL PRIMARY KEY, "amount" bigint unsigned NOT NULL CHECK ("amount" >= 0), "status" varchar(10) NOT NULL, "stripe_id" varchar(255) NOT NULL, "error" text NOT NULL, "created_at" datetime NOT NULL, "order_id" char(32) NOT NULL REFERENCES "payments_order" ("id") DEFERRABLE INITIALLY DEFERRED, "attempt" smallint unsigned NOT NULL CHECK ("attempt" >= 0));
INSERT INTO "payments_refund" VALUES('c37b3d04150b4a38bb494f52992cebbc',700,'requested','','Stripe can''t be reached. Nothing was charged. Try again with the same Idempotency-Key.','2026-11-26 14:36:57.613394','cb7a6061805d49c2872fe018e710b8c2',0);
INSERT INTO "payments_refund" VALUES('5a00ad0cc9584cfba2600f828697231a',700,'sent','re_sent','','2026-11-26 14:36:59.772996','a82d563aa6ba47e2ae63075270cb2d0b',0);
INSERT INTO "payments_refund" VALUES('7d69e56edd9d4d32a2b9ec26bad7f030',700,'refused','','The charge is too old.','2026-11-26 14:37:03.331364','1b4c1604f2084535a088b28f72c43fa3',0);
CREATE TABLE "payments_stripeevent" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "stripe_id" varchar(255) NOT NULL, "type" varchar(100) NOT NULL, "payload" text NOT NULL, "livemode" bool NOT NULL, "stripe_created" bigint unsigned NOT NULL CHECK ("stripe_created" >= 0), "received_at" datetime NOT NULL, "attempts" integer unsigned NOT NULL CHECK ("attempts" >= 0), "processed_at" datetime NULL, "outcome" varchar(10) NOT NULL, "error" text NOT NULL, "order_reference" char(32) NULL, "stripe_payment_intent_id" varchar(255) NOT NULL, "order_id" char(32) NULL REFERENCES "payments_order" ("id") DEFERRABLE INITIALLY DEFERRED, "source" varchar(10) DEFAULT 'webhook' NOT NULL, CONSTRAINT "event_stripe_id" UNIQUE ("stripe_id"));
INSERT INTO "payments_stripeevent" VALUES(1,'evt_e66d7955fa384a17a4cb34ab8dcfae49','checkout.session.completed','{
  "id": "evt_e66d7955fa384a17a4cb34ab8dcfae49",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_processing",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "157dd9ed-0d5f-4676-b347-8b707021a67a",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "157dd9ed-0d5f-4676-b347-8b707021a67a"
      },
      "mode": "payment",
      "payment_intent": "pi_processing",
      "payment_status": "unpaid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.230869',1,'2026-11-26 14:36:56.233937','applied','','157dd9ed0d5f4676b3478b707021a67a','pi_processing','157dd9ed0d5f4676b3478b707021a67a','webhook');
INSERT INTO "payments_stripeevent" VALUES(2,'evt_cba7bbd4a854480db83ead1154f1178a','checkout.session.completed','{
  "id": "evt_cba7bbd4a854480db83ead1154f1178a",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_paid_not_delivered_yet",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "881ebdea-ac7d-4bb0-b245-1f485bfff7d1",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "881ebdea-ac7d-4bb0-b245-1f485bfff7d1"
      },
      "mode": "payment",
      "payment_intent": "pi_paid_not_delivered_yet",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.255780',1,'2026-11-26 14:36:56.263818','applied','','881ebdeaac7d4bb0b2451f485bfff7d1','pi_paid_not_delivered_yet','881ebdeaac7d4bb0b2451f485bfff7d1','webhook');
INSERT INTO "payments_stripeevent" VALUES(3,'evt_985dd04f6a9a4473b4abb26fa9769978','checkout.session.completed','{
  "id": "evt_985dd04f6a9a4473b4abb26fa9769978",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_paid",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "cbef1a65-ba65-4644-9a93-9b0d1531c2d0",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "cbef1a65-ba65-4644-9a93-9b0d1531c2d0"
      },
      "mode": "payment",
      "payment_intent": "pi_paid",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.279687',1,'2026-11-26 14:36:56.282430','applied','','cbef1a65ba6546449a939b0d1531c2d0','pi_paid','cbef1a65ba6546449a939b0d1531c2d0','webhook');
INSERT INTO "payments_stripeevent" VALUES(4,'evt_535e5c102f384c43831cec9ac72aadd3','checkout.session.completed','{
  "id": "evt_535e5c102f384c43831cec9ac72aadd3",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_paid_delivery_failed_once",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "82462b76-f111-4f8e-8677-ec1a4477731f",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "82462b76-f111-4f8e-8677-ec1a4477731f"
      },
      "mode": "payment",
      "payment_intent": "pi_paid_delivery_failed_once",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.344328',1,'2026-11-26 14:36:56.355531','applied','','82462b76f1114f8e8677ec1a4477731f','pi_paid_delivery_failed_once','82462b76f1114f8e8677ec1a4477731f','webhook');
INSERT INTO "payments_stripeevent" VALUES(5,'evt_599975c2ba784b5f92b3376862cdf1c2','checkout.session.completed','{
  "id": "evt_599975c2ba784b5f92b3376862cdf1c2",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_paid_delivery_gave_up",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "2d9fc310-a5b6-412c-a8ed-46d574cb6fbc",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "2d9fc310-a5b6-412c-a8ed-46d574cb6fbc"
      },
      "mode": "payment",
      "payment_intent": "pi_paid_delivery_gave_up",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.395942',1,'2026-11-26 14:36:56.399471','applied','','2d9fc310a5b6412ca8ed46d574cb6fbc','pi_paid_delivery_gave_up','2d9fc310a5b6412ca8ed46d574cb6fbc','webhook');
INSERT INTO "payments_stripeevent" VALUES(6,'evt_d90295d5c44a4d2ca9cfc2bd5cff637d','payment_intent.payment_failed','{
  "id": "evt_d90295d5c44a4d2ca9cfc2bd5cff637d",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "pi_declined",
      "object": "payment_intent",
      "amount": 2000,
      "currency": "usd",
      "last_payment_error": {
        "charge": "ch_1",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "type": "card_error"
      },
      "livemode": false,
      "metadata": {
        "order_id": "26449f75-00da-4d73-9588-8d612758932a"
      },
      "status": "requires_payment_method"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_1",
    "idempotency_key": null
  },
  "type": "payment_intent.payment_failed"
}',0,1790000000,'2026-11-26 14:36:56.478261',1,'2026-11-26 14:36:56.485284','applied','','26449f7500da4d7395888d612758932a','pi_declined','26449f7500da4d7395888d612758932a','webhook');
INSERT INTO "payments_stripeevent" VALUES(7,'evt_25e9f3f2cd3648a2b054d30be94188d3','checkout.session.completed','{
  "id": "evt_25e9f3f2cd3648a2b054d30be94188d3",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_failed",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "0a6da1f9-0dfc-43ba-9933-97e727cbf35a",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "0a6da1f9-0dfc-43ba-9933-97e727cbf35a"
      },
      "mode": "payment",
      "payment_intent": "pi_failed",
      "payment_status": "unpaid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.499852',1,'2026-11-26 14:36:56.501958','applied','','0a6da1f90dfc43ba993397e727cbf35a','pi_failed','0a6da1f90dfc43ba993397e727cbf35a','webhook');
INSERT INTO "payments_stripeevent" VALUES(8,'evt_e313d1410fe949909986cd747d3e8441','checkout.session.async_payment_failed','{
  "id": "evt_e313d1410fe949909986cd747d3e8441",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_failed",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "0a6da1f9-0dfc-43ba-9933-97e727cbf35a",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "0a6da1f9-0dfc-43ba-9933-97e727cbf35a"
      },
      "mode": "payment",
      "payment_intent": "pi_failed",
      "payment_status": "unpaid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.async_payment_failed"
}',0,1790000000,'2026-11-26 14:36:56.515073',1,'2026-11-26 14:36:56.517104','applied','','0a6da1f90dfc43ba993397e727cbf35a','pi_failed','0a6da1f90dfc43ba993397e727cbf35a','webhook');
INSERT INTO "payments_stripeevent" VALUES(9,'evt_86883615987848bb8e0e73ccba870ede','checkout.session.expired','{
  "id": "evt_86883615987848bb8e0e73ccba870ede",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_expired",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "f3e0553e-fa5e-4b09-af94-6c1523765bcc",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "f3e0553e-fa5e-4b09-af94-6c1523765bcc"
      },
      "mode": "payment",
      "payment_intent": null,
      "payment_status": "unpaid",
      "status": "expired",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.expired"
}',0,1790000000,'2026-11-26 14:36:56.537151',1,'2026-11-26 14:36:56.543201','applied','','f3e0553efa5e4b09af946c1523765bcc','','f3e0553efa5e4b09af946c1523765bcc','webhook');
INSERT INTO "payments_stripeevent" VALUES(10,'evt_727f8a57981c4a50902c8e5cf1eb1780','payment_intent.canceled','{
  "id": "evt_727f8a57981c4a50902c8e5cf1eb1780",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "pi_canceled",
      "object": "payment_intent",
      "amount": 2000,
      "currency": "usd",
      "last_payment_error": {
        "charge": "ch_1",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "type": "card_error"
      },
      "livemode": false,
      "metadata": {
        "order_id": "97ac9ffb-f1df-4710-8890-03e814b4f499"
      },
      "status": "canceled"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_1",
    "idempotency_key": null
  },
  "type": "payment_intent.canceled"
}',0,1790000000,'2026-11-26 14:36:56.591910',1,'2026-11-26 14:36:56.594461','applied','','97ac9ffbf1df4710889003e814b4f499','pi_canceled','97ac9ffbf1df4710889003e814b4f499','webhook');
INSERT INTO "payments_stripeevent" VALUES(11,'evt_fb429aa768284af09441c192f320405d','checkout.session.completed','{
  "id": "evt_fb429aa768284af09441c192f320405d",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_partially_refunded",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "3f13fbef-d8e6-4f04-a11c-e081e800f5bf",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "3f13fbef-d8e6-4f04-a11c-e081e800f5bf"
      },
      "mode": "payment",
      "payment_intent": "pi_partially_refunded",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.675746',1,'2026-11-26 14:36:56.680721','applied','','3f13fbefd8e64f04a11ce081e800f5bf','pi_partially_refunded','3f13fbefd8e64f04a11ce081e800f5bf','webhook');
INSERT INTO "payments_stripeevent" VALUES(12,'evt_e51ec2a22cbe422fb65aa17e50c4359b','refund.updated','{
  "id": "evt_e51ec2a22cbe422fb65aa17e50c4359b",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000200,
  "data": {
    "object": {
      "id": "re_part",
      "object": "refund",
      "amount": 500,
      "charge": "ch_1",
      "currency": "usd",
      "metadata": {},
      "payment_intent": "pi_partially_refunded",
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "refund.updated"
}',0,1790000200,'2026-11-26 14:36:56.816109',1,'2026-11-26 14:36:56.818300','applied','',NULL,'pi_partially_refunded','3f13fbefd8e64f04a11ce081e800f5bf','webhook');
INSERT INTO "payments_stripeevent" VALUES(13,'evt_8311d857d25b4107b92d75bdde489b58','checkout.session.completed','{
  "id": "evt_8311d857d25b4107b92d75bdde489b58",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_refunded",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "7f076a68-44a5-4749-9263-979094adc695",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "7f076a68-44a5-4749-9263-979094adc695"
      },
      "mode": "payment",
      "payment_intent": "pi_refunded",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:56.869636',1,'2026-11-26 14:36:56.872708','applied','','7f076a6844a547499263979094adc695','pi_refunded','7f076a6844a547499263979094adc695','webhook');
INSERT INTO "payments_stripeevent" VALUES(14,'evt_c3d7c3c4588c446cac5be1fb19a185ca','charge.refunded','{
  "id": "evt_c3d7c3c4588c446cac5be1fb19a185ca",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000100,
  "data": {
    "object": {
      "id": "ch_1",
      "object": "charge",
      "amount": 2000,
      "amount_refunded": 2000,
      "currency": "usd",
      "livemode": false,
      "metadata": {
        "order_id": "7f076a68-44a5-4749-9263-979094adc695"
      },
      "payment_intent": "pi_refunded",
      "refunded": false,
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_2",
    "idempotency_key": null
  },
  "type": "charge.refunded"
}',0,1790000100,'2026-11-26 14:36:56.977074',1,'2026-11-26 14:36:56.979742','applied','','7f076a6844a547499263979094adc695','pi_refunded','7f076a6844a547499263979094adc695','webhook');
INSERT INTO "payments_stripeevent" VALUES(15,'evt_8885283ecf764169bbdd8646bc842159','checkout.session.completed','{
  "id": "evt_8885283ecf764169bbdd8646bc842159",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_disputed",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "31f1f0e7-ec69-4933-9e46-e5df3e1a2320",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "31f1f0e7-ec69-4933-9e46-e5df3e1a2320"
      },
      "mode": "payment",
      "payment_intent": "pi_disputed",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.132146',1,'2026-11-26 14:36:57.139645','applied','','31f1f0e7ec6949339e46e5df3e1a2320','pi_disputed','31f1f0e7ec6949339e46e5df3e1a2320','webhook');
INSERT INTO "payments_stripeevent" VALUES(16,'evt_765e09339dec4f099bd688ae062fd7ad','charge.dispute.created','{
  "id": "evt_765e09339dec4f099bd688ae062fd7ad",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000300,
  "data": {
    "object": {
      "id": "du_open",
      "object": "dispute",
      "amount": 2000,
      "charge": "ch_1",
      "currency": "usd",
      "livemode": false,
      "metadata": {},
      "payment_intent": "pi_disputed",
      "reason": "fraudulent",
      "status": "needs_response"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "charge.dispute.created"
}',0,1790000300,'2026-11-26 14:36:57.156211',1,'2026-11-26 14:36:57.158157','applied','',NULL,'pi_disputed','31f1f0e7ec6949339e46e5df3e1a2320','webhook');
INSERT INTO "payments_stripeevent" VALUES(17,'evt_da17e88ecf5a43c0a2b5959fbc958c0e','checkout.session.completed','{
  "id": "evt_da17e88ecf5a43c0a2b5959fbc958c0e",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_dispute_lost",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "ce538eb1-e328-46c3-9a73-0150e6d694f2",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "ce538eb1-e328-46c3-9a73-0150e6d694f2"
      },
      "mode": "payment",
      "payment_intent": "pi_dispute_lost",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.183222',1,'2026-11-26 14:36:57.185831','applied','','ce538eb1e32846c39a730150e6d694f2','pi_dispute_lost','ce538eb1e32846c39a730150e6d694f2','webhook');
INSERT INTO "payments_stripeevent" VALUES(18,'evt_ce525e4e532947f7b975587f1e48524d','charge.dispute.closed','{
  "id": "evt_ce525e4e532947f7b975587f1e48524d",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000300,
  "data": {
    "object": {
      "id": "du_lost",
      "object": "dispute",
      "amount": 2000,
      "charge": "ch_1",
      "currency": "usd",
      "livemode": false,
      "metadata": {},
      "payment_intent": "pi_dispute_lost",
      "reason": "fraudulent",
      "status": "lost"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "charge.dispute.closed"
}',0,1790000300,'2026-11-26 14:36:57.219730',1,'2026-11-26 14:36:57.221653','applied','',NULL,'pi_dispute_lost','ce538eb1e32846c39a730150e6d694f2','webhook');
INSERT INTO "payments_stripeevent" VALUES(19,'evt_0c10d08f9a96446cab6ebbef273cf857','checkout.session.completed','{
  "id": "evt_0c10d08f9a96446cab6ebbef273cf857",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_inquiry",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "809e0ca0-d021-40f2-a8d4-f13b605d410b",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "809e0ca0-d021-40f2-a8d4-f13b605d410b"
      },
      "mode": "payment",
      "payment_intent": "pi_inquiry",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.236506',1,'2026-11-26 14:36:57.245389','applied','','809e0ca0d02140f2a8d4f13b605d410b','pi_inquiry','809e0ca0d02140f2a8d4f13b605d410b','webhook');
INSERT INTO "payments_stripeevent" VALUES(20,'evt_55e2378f40ba4839acfbd6bdd11fede5','charge.dispute.created','{
  "id": "evt_55e2378f40ba4839acfbd6bdd11fede5",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000300,
  "data": {
    "object": {
      "id": "du_inquiry",
      "object": "dispute",
      "amount": 2000,
      "charge": "ch_1",
      "currency": "usd",
      "livemode": false,
      "metadata": {},
      "payment_intent": "pi_inquiry",
      "reason": "fraudulent",
      "status": "warning_needs_response"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "charge.dispute.created"
}',0,1790000300,'2026-11-26 14:36:57.269769',1,'2026-11-26 14:36:57.276181','applied','',NULL,'pi_inquiry','809e0ca0d02140f2a8d4f13b605d410b','webhook');
INSERT INTO "payments_stripeevent" VALUES(21,'evt_2fd5cf95240b4621b5adb3e2392fc14c','checkout.session.completed','{
  "id": "evt_2fd5cf95240b4621b5adb3e2392fc14c",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_in_review_less_paid",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 1800,
      "client_reference_id": "7f2ced09-50ce-4510-97e0-817ce59940b6",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "7f2ced09-50ce-4510-97e0-817ce59940b6"
      },
      "mode": "payment",
      "payment_intent": "pi_in_review_less_paid",
      "payment_status": "paid",
      "status": "complete",
      "url": null,
      "total_details": {
        "amount_discount": 200
      }
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.291720',1,'2026-11-26 14:36:57.293847','applied','','7f2ced0950ce451097e0817ce59940b6','pi_in_review_less_paid','7f2ced0950ce451097e0817ce59940b6','webhook');
INSERT INTO "payments_stripeevent" VALUES(22,'evt_7affeae313b44b91908e6d49a06b8152','checkout.session.completed','{
  "id": "evt_7affeae313b44b91908e6d49a06b8152",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_accepted_less_paid",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 1800,
      "client_reference_id": "de2e0171-6c71-410f-979f-691a6ca79ba8",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "de2e0171-6c71-410f-979f-691a6ca79ba8"
      },
      "mode": "payment",
      "payment_intent": "pi_accepted_less_paid",
      "payment_status": "paid",
      "status": "complete",
      "url": null,
      "total_details": {
        "amount_discount": 200
      }
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.304534',1,'2026-11-26 14:36:57.306362','applied','','de2e01716c71410f979f691a6ca79ba8','pi_accepted_less_paid','de2e01716c71410f979f691a6ca79ba8','webhook');
INSERT INTO "payments_stripeevent" VALUES(23,'evt_7af5f317761b4843bcf606146dc7d9e6','checkout.session.completed','{
  "id": "evt_7af5f317761b4843bcf606146dc7d9e6",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_accepted_and_refunded_more_paid",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2500,
      "client_reference_id": "681fedbc-e971-4de3-adc9-a804c454fea0",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "681fedbc-e971-4de3-adc9-a804c454fea0"
      },
      "mode": "payment",
      "payment_intent": "pi_accepted_and_refunded_more_paid",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.332581',1,'2026-11-26 14:36:57.338603','applied','','681fedbce9714de3adc9a804c454fea0','pi_accepted_and_refunded_more_paid','681fedbce9714de3adc9a804c454fea0','webhook');
INSERT INTO "payments_stripeevent" VALUES(24,'evt_60731ba2f3994a69aa034e7a4e18d84d','charge.refunded','{
  "id": "evt_60731ba2f3994a69aa034e7a4e18d84d",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000100,
  "data": {
    "object": {
      "id": "ch_1",
      "object": "charge",
      "amount": 2000,
      "amount_refunded": 2000,
      "currency": "usd",
      "livemode": false,
      "metadata": {
        "order_id": "681fedbc-e971-4de3-adc9-a804c454fea0"
      },
      "payment_intent": "pi_accepted_and_refunded_more_paid",
      "refunded": false,
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_2",
    "idempotency_key": null
  },
  "type": "charge.refunded"
}',0,1790000100,'2026-11-26 14:36:57.356091',1,'2026-11-26 14:36:57.358170','applied','','681fedbce9714de3adc9a804c454fea0','pi_accepted_and_refunded_more_paid','681fedbce9714de3adc9a804c454fea0','webhook');
INSERT INTO "payments_stripeevent" VALUES(25,'evt_330bf99520f14e0a89cc5280e6c98527','checkout.session.completed','{
  "id": "evt_330bf99520f14e0a89cc5280e6c98527",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_in_review_paid_twice",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "7dcf2e30-c7e0-4517-8cd5-ae67ab13afa8",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "7dcf2e30-c7e0-4517-8cd5-ae67ab13afa8"
      },
      "mode": "payment",
      "payment_intent": "pi_in_review_paid_twice",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.376971',1,'2026-11-26 14:36:57.416141','applied','','7dcf2e30c7e045178cd5ae67ab13afa8','pi_in_review_paid_twice','7dcf2e30c7e045178cd5ae67ab13afa8','webhook');
INSERT INTO "payments_stripeevent" VALUES(26,'evt_01dfa83d0fae4bb9ba945b7b893b3558','checkout.session.completed','{
  "id": "evt_01dfa83d0fae4bb9ba945b7b893b3558",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_second",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "7dcf2e30-c7e0-4517-8cd5-ae67ab13afa8",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "7dcf2e30-c7e0-4517-8cd5-ae67ab13afa8"
      },
      "mode": "payment",
      "payment_intent": "pi_second",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.513916',1,'2026-11-26 14:36:57.520458','applied','','7dcf2e30c7e045178cd5ae67ab13afa8','pi_second','7dcf2e30c7e045178cd5ae67ab13afa8','webhook');
INSERT INTO "payments_stripeevent" VALUES(27,'evt_d89e1c8543f644488981eb82a9c1fe77','checkout.session.completed','{
  "id": "evt_d89e1c8543f644488981eb82a9c1fe77",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_another",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "254e42d6-c98e-437e-9986-4eb057fd0b2c",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "254e42d6-c98e-437e-9986-4eb057fd0b2c"
      },
      "mode": "payment",
      "payment_intent": "pi_another",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.555783',1,'2026-11-26 14:36:57.557789','applied','','254e42d6c98e437e99864eb057fd0b2c','pi_another','254e42d6c98e437e99864eb057fd0b2c','webhook');
INSERT INTO "payments_stripeevent" VALUES(28,'evt_f0293418077b428faada1c0f21fa781b','charge.refunded','{
  "id": "evt_f0293418077b428faada1c0f21fa781b",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000100,
  "data": {
    "object": {
      "id": "ch_1",
      "object": "charge",
      "amount": 2000,
      "amount_refunded": 2000,
      "currency": "usd",
      "livemode": false,
      "metadata": {
        "order_id": "254e42d6-c98e-437e-9986-4eb057fd0b2c"
      },
      "payment_intent": "pi_another",
      "refunded": false,
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_2",
    "idempotency_key": null
  },
  "type": "charge.refunded"
}',0,1790000100,'2026-11-26 14:36:57.562452',1,'2026-11-26 14:36:57.564737','applied','','254e42d6c98e437e99864eb057fd0b2c','pi_another','254e42d6c98e437e99864eb057fd0b2c','webhook');
INSERT INTO "payments_stripeevent" VALUES(29,'evt_1abd52c61afe4214b71dd1532e77490e','checkout.session.completed','{
  "id": "evt_1abd52c61afe4214b71dd1532e77490e",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_refund_requested",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "cb7a6061-805d-49c2-872f-e018e710b8c2",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "cb7a6061-805d-49c2-872f-e018e710b8c2"
      },
      "mode": "payment",
      "payment_intent": "pi_refund_requested",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:57.579553',1,'2026-11-26 14:36:57.584763','applied','','cb7a6061805d49c2872fe018e710b8c2','pi_refund_requested','cb7a6061805d49c2872fe018e710b8c2','webhook');
INSERT INTO "payments_stripeevent" VALUES(30,'evt_246fc67649314cebad5ad269d825759e','checkout.session.completed','{
  "id": "evt_246fc67649314cebad5ad269d825759e",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_refund_sent",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "a82d563a-a6ba-47e2-ae63-075270cb2d0b",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "a82d563a-a6ba-47e2-ae63-075270cb2d0b"
      },
      "mode": "payment",
      "payment_intent": "pi_refund_sent",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:36:59.710377',1,'2026-11-26 14:36:59.725230','applied','','a82d563aa6ba47e2ae63075270cb2d0b','pi_refund_sent','a82d563aa6ba47e2ae63075270cb2d0b','webhook');
INSERT INTO "payments_stripeevent" VALUES(31,'evt_260ecba51d154f98a821f9757e4ec516','refund.updated','{
  "id": "evt_260ecba51d154f98a821f9757e4ec516",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000200,
  "data": {
    "object": {
      "id": "re_sent",
      "object": "refund",
      "amount": 700,
      "charge": "ch_1",
      "currency": "usd",
      "metadata": {
        "refund_id": "5a00ad0c-c958-4cfb-a260-0f828697231a"
      },
      "payment_intent": "pi_refund_sent",
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "refund.updated"
}',0,1790000200,'2026-11-26 14:37:03.271487',1,'2026-11-26 14:37:03.273996','applied','',NULL,'pi_refund_sent','a82d563aa6ba47e2ae63075270cb2d0b','webhook');
INSERT INTO "payments_stripeevent" VALUES(32,'evt_2cf67154d20b44889ffe83e973ce0b2b','checkout.session.completed','{
  "id": "evt_2cf67154d20b44889ffe83e973ce0b2b",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_refund_refused",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "1b4c1604-f208-4535-a088-b28f72c43fa3",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "1b4c1604-f208-4535-a088-b28f72c43fa3"
      },
      "mode": "payment",
      "payment_intent": "pi_refund_refused",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:37:03.295745',1,'2026-11-26 14:37:03.298536','applied','','1b4c1604f2084535a088b28f72c43fa3','pi_refund_refused','1b4c1604f2084535a088b28f72c43fa3','webhook');
INSERT INTO "payments_stripeevent" VALUES(33,'evt_b7fbc8ba8a9f4b679f94f7052d395334','charge.refunded','{
  "id": "evt_b7fbc8ba8a9f4b679f94f7052d395334",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000100,
  "data": {
    "object": {
      "id": "ch_1",
      "object": "charge",
      "amount": 2000,
      "amount_refunded": 500,
      "currency": "usd",
      "livemode": false,
      "metadata": {},
      "payment_intent": "pi_refund_parked",
      "refunded": false,
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_2",
    "idempotency_key": null
  },
  "type": "charge.refunded"
}',0,1790000100,'2026-11-26 14:37:07.004870',1,'2026-11-26 14:37:07.006308','parked','',NULL,'pi_refund_parked',NULL,'webhook');
INSERT INTO "payments_stripeevent" VALUES(34,'evt_e9ca43cf8bb94bd3bf726848705aae4c','charge.refunded','{
  "id": "evt_e9ca43cf8bb94bd3bf726848705aae4c",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000100,
  "data": {
    "object": {
      "id": "ch_1",
      "object": "charge",
      "amount": 2000,
      "amount_refunded": 500,
      "currency": "usd",
      "livemode": false,
      "metadata": {
        "order_id": "7e57ab1e-0000-4000-8000-000000000001"
      },
      "payment_intent": "pi_unknown",
      "refunded": false,
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_2",
    "idempotency_key": null
  },
  "type": "charge.refunded"
}',0,1790000100,'2026-11-26 14:37:07.013945',1,'2026-11-26 14:37:07.019759','parked','','7e57ab1e000040008000000000000001','pi_unknown',NULL,'webhook');
INSERT INTO "payments_stripeevent" VALUES(35,'evt_f2156866e8fe44eea441986c6713172b','checkout.session.completed','{
  "id": "evt_f2156866e8fe44eea441986c6713172b",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_event_failed",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "f0a720ed-ccce-481a-b368-e7be41db36e5",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "f0a720ed-ccce-481a-b368-e7be41db36e5"
      },
      "mode": "payment",
      "payment_intent": "pi_event_failed",
      "payment_status": "paid",
      "status": [],
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "checkout.session.completed"
}',0,1790000000,'2026-11-26 14:37:07.043128',1,NULL,'failed','TypeError: unhashable type: ''list''','f0a720edccce481ab368e7be41db36e5','pi_event_failed',NULL,'webhook');
INSERT INTO "payments_stripeevent" VALUES(36,'evt_63ef9cd2b40043d1b3882c507afb4aab','customer.created','{
  "id": "evt_63ef9cd2b40043d1b3882c507afb4aab",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": 1790000000,
  "data": {
    "object": {
      "id": "cs_test_irrelevant_event",
      "object": "checkout.session",
      "amount_subtotal": 2000,
      "amount_total": 2000,
      "client_reference_id": "2f7ac273-6f02-45f1-9da4-07bbc92a78d8",
      "currency": "usd",
      "customer_details": {
        "email": "jenny@example.com",
        "name": "Jenny Rosen"
      },
      "expires_at": 1790086400,
      "livemode": false,
      "metadata": {
        "order_id": "2f7ac273-6f02-45f1-9da4-07bbc92a78d8"
      },
      "mode": "payment",
      "payment_intent": "pi_irrelevant_event",
      "payment_status": "paid",
      "status": "complete",
      "url": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "customer.created"
}',0,1790000000,'2026-11-26 14:37:07.065845',1,'2026-11-26 14:37:07.066579','ignored','','2f7ac2736f0245f19da407bbc92a78d8','pi_irrelevant_event',NULL,'webhook');
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "django_task_queue_n_99c321_idx" ON "django_tasks_database_dbtaskresult" ("queue_name");
CREATE INDEX "django_task_backend_071754_idx" ON "django_tasks_database_dbtaskresult" ("backend_name");
CREATE INDEX "tasks_db_new_ordering_idx" ON "django_tasks_database_dbtaskresult" ("status", "priority" DESC, "run_after" ASC, "enqueued_at" ASC) WHERE "status" = 'READY';
CREATE INDEX "fulfilment_due" ON "payments_fulfilment" ("next_attempt_at") WHERE "status" = 'pending';
CREATE INDEX "payments_refund_order_id_ae6ad322" ON "payments_refund" ("order_id");
CREATE INDEX "refund_open" ON "payments_refund" ("created_at") WHERE "status" = 'requested';
CREATE INDEX "order_waiting" ON "payments_order" ("created_at") WHERE "status" IN ('pending', 'processing');
CREATE INDEX "order_intent" ON "payments_order" ("stripe_payment_intent_id");
CREATE INDEX "order_newest" ON "payments_order" ("created_at" DESC);
CREATE UNIQUE INDEX "order_session" ON "payments_order" ("stripe_session_id") WHERE "stripe_session_id" IS NOT NULL;
CREATE UNIQUE INDEX "order_key" ON "payments_order" ("idempotency_key") WHERE "idempotency_key" IS NOT NULL;
CREATE INDEX "payments_stripeevent_received_at_7fbf7849" ON "payments_stripeevent" ("received_at");
CREATE INDEX "payments_stripeevent_order_id_c7532ade" ON "payments_stripeevent" ("order_id");
CREATE INDEX "event_parked_intent" ON "payments_stripeevent" ("stripe_payment_intent_id") WHERE "outcome" = 'parked';
CREATE INDEX "event_parked_order" ON "payments_stripeevent" ("order_reference") WHERE "outcome" = 'parked';
CREATE INDEX "event_open" ON "payments_stripeevent" ("attempts", "id") WHERE "outcome" IN ('parked', 'failed');
CREATE INDEX "payments_orderitem_order_id_4cc4fe53" ON "payments_orderitem" ("order_id");
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('django_migrations',45);
INSERT INTO "sqlite_sequence" VALUES('django_admin_log',0);
INSERT INTO "sqlite_sequence" VALUES('django_content_type',14);
INSERT INTO "sqlite_sequence" VALUES('auth_permission',56);
INSERT INTO "sqlite_sequence" VALUES('auth_group',0);
INSERT INTO "sqlite_sequence" VALUES('auth_user',0);
INSERT INTO "sqlite_sequence" VALUES('payments_stripeevent',36);
INSERT INTO "sqlite_sequence" VALUES('payments_orderitem',28);
INSERT INTO "sqlite_sequence" VALUES('payments_product',4);
COMMIT;
