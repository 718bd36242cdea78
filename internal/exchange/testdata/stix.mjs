// Checks each object of STIX bundles against the OASIS schemas, and the bundles
// themselves. Arguments: the folder of the schemas, then the bundles. Prints a
// line for each fault, with the number of its bundle before it, and for each
// bundle how many objects were checked.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const [schemas, ...files] = process.argv.slice(2);
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
// A format that the schemas ask for and ajv-formats has not, roughly.
ajv.addFormat("idn-hostname", /^[^\s@:/]+(\.[^\s@:/]+)+$/);
const names = {};
for (const folder of readdirSync(schemas)) {
  for (const name of readdirSync(join(schemas, folder))) {
    const schema = JSON.parse(readFileSync(join(schemas, folder, name), "utf8"));
    ajv.addSchema(schema);
    names[name.replace(/\.json$/, "")] = schema.$id;
  }
}
// The schema of bundles takes no object whose type it does not list, though the
// standard has it: each of these is checked by its own schema.
const unlisted = ["extension-definition", "grouping", "note", "opinion"];
files.forEach((file, n) => {
  const check = (name, what, object) => {
    const valid = ajv.getSchema(names[name]);
    if (valid(object)) return;
    for (const e of valid.errors) console.log(`${n} fault ${what}: ${e.instancePath} ${e.message}`);
  };
  const bundle = JSON.parse(readFileSync(file, "utf8"));
  check("bundle", "bundle", { ...bundle, objects: bundle.objects.filter((o) => !unlisted.includes(o.type)) });
  for (const object of bundle.objects) {
    // An observable that an extension defines keeps to what all observables have.
    check(names[object.type] ? object.type : "cyber-observable-core", object.id, object);
  }
  console.log(`${n} checked ${bundle.objects.length}`);
});
