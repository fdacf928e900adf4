// Makes the replica set and the user that the program logs in as. Safe to run again: a new password is taken over.
const { MONGO_HOST: host, MONGO_DATABASE: database, MONGO_AVATAR_PASSWORD: password } = process.env;

try {
  rs.status();
} catch (problem) {
  if (problem.codeName !== "NotYetInitialized") throw problem;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host }] });
}
while (!db.hello().isWritablePrimary) sleep(200);

const admin = db.getSiblingDB("admin");
const given = { pwd: password, roles: [{ role: "readWrite", db: database }] };
if (admin.getUser("avatar")) admin.updateUser("avatar", given);
else admin.createUser({ user: "avatar", ...given });
print(`the replica set is up; avatar may read and write ${database}`);
