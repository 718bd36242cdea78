// Tokens, sentences, parts of speech and entities of every text in a file of JSON
// lines, with wink-nlp. Prints one line: texts, seconds of CPU, bytes of memory.
const fs = require("fs");
const its = require("wink-nlp/src/its.js");
const nlp = require("wink-nlp")(require("wink-eng-lite-web-model"));

const texts = fs.readFileSync(process.argv[2], "utf8").trim().split("\n").map((l) => JSON.parse(l).description);
const run = (list) => {
  let n = 0;
  for (const t of list) {
    const doc = nlp.readDoc(t);
    n += doc.tokens().out(its.pos).length + doc.sentences().length() + doc.entities().length();
  }
  return n;
};
run(texts.slice(0, 100)); // lets the compiler of the engine warm up
const before = process.cpuUsage();
run(texts);
const used = process.cpuUsage(before);
console.log(JSON.stringify({ texts: texts.length, cpu: (used.user + used.system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 }));
