"""Tokens and sentences of every text in a file of JSON lines, with NLTK: the part
that needs no data beside the package, so less than what it is compared with.
Prints one line: texts, seconds of CPU, bytes of memory."""
import json
import resource
import sys
import time

from nltk.tokenize import TreebankWordTokenizer
from nltk.tokenize.punkt import PunktSentenceTokenizer

words, sentences = TreebankWordTokenizer(), PunktSentenceTokenizer()
with open(sys.argv[1], encoding="utf-8") as f:
    texts = [json.loads(line)["description"] for line in f]
before = time.process_time()
n = 0
for t in texts:
    for s in sentences.tokenize(t):
        n += len(words.tokenize(s))
print(json.dumps({"texts": len(texts), "cpu": time.process_time() - before, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
