CREATE TABLE "order" (id INTEGER PRIMARY KEY, "group" TEXT, [with space] TEXT, `tick` TEXT, "Ümlaut" TEXT);
CREATE INDEX "idx odd" ON "order" ("group", [with space]);
