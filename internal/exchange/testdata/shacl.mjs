// Checks graphs in JSON-LD against the shapes of ontologies in Turtle. Arguments:
// the graphs, "--", the Turtle files. Prints a line for each fault, with the
// number of its graph before it, and for each graph how many statements were checked.
//
// Imports are left out, since all files are given, and so are constraints in
// SPARQL, which the checker does not know. What the ontologies say of subclasses
// is added to the data, for sh:class asks the data.
import { readFileSync } from "node:fs";
import jsonld from "jsonld";
import { Parser, Store, DataFactory } from "n3";
import SHACLValidator from "rdf-validate-shacl";

const args = process.argv.slice(2);
const files = args.slice(0, args.indexOf("--"));
const ontologies = args.slice(args.indexOf("--") + 1);
const sh = "http://www.w3.org/ns/shacl#";
const subClassOf = DataFactory.namedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf");
const rdfType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

const shapes = new Store();
ontologies.forEach((name, n) => {
  for (const quad of new Parser({ blankNodePrefix: `_:${n}_` }).parse(readFileSync(name, "utf8"))) {
    const p = quad.predicate.value;
    if (p !== "http://www.w3.org/2002/07/owl#imports" && p !== sh + "sparql") shapes.addQuad(quad);
  }
});
if (shapes.getQuads(null, null, DataFactory.namedNode(sh + "NodeShape"), null).length < 100) {
  throw new Error("the ontologies hold hardly a shape");
}
const declared = new Set([rdfType]);
for (const quad of shapes) declared.add(quad.subject.value);
const validator = new SHACLValidator(shapes);
const documentLoader = (url) => {
  throw new Error(`the graph asks for ${url}`);
};
for (const [n, file] of files.entries()) {
  const text = await jsonld.toRDF(JSON.parse(readFileSync(file, "utf8")), { format: "application/n-quads", documentLoader });
  const quads = new Parser({ format: "N-Quads" }).parse(text);
  // A class or a property that nothing declares passes every shape.
  for (const q of quads) {
    const term = q.predicate.value === rdfType ? q.object.value : q.predicate.value;
    if (!declared.has(term)) console.log(`${n} fault Unknown: ${q.subject.value} ${term}`);
  }
  const data = new Store([...quads, ...shapes.getQuads(null, subClassOf, null, null)]);
  for (const r of (await validator.validate(data)).results) {
    const severity = r.severity.value.replace(sh, "");
    const message = r.message.map((m) => m.value).join(" ");
    console.log(`${n} fault ${severity}: ${r.focusNode?.value} ${r.path?.value} ${r.sourceConstraintComponent?.value.replace(sh, "")} ${message}`);
  }
  console.log(`${n} checked ${quads.length}`);
}
