// Package rule says what holds in a case whichever engine keeps it: which tasks,
// acts and records are refused, how a task moves when its lease ends, when a
// source may be asked again, what an erasure leaves in a log. Engines of
// [vigil/store.Store] share it; it knows no transaction.
package rule
