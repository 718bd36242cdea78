package bolt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Layout names LAYOUT.md's form and version in the file. The versions before are
// known as well; see migrate.go.
const (
	layoutName    = "vigil-case"
	layoutVersion = "5"
)

// The buckets. LAYOUT.md says what each holds.
const (
	bucketMeta    = "meta"
	bucketSources = "sources"
	bucketTasks   = "tasks"
	bucketReady   = "ready"
	bucketDelayed = "delayed"
	bucketLeased  = "leased"
	bucketDone    = "done"
	bucketParked  = "parked"
	bucketDead    = "dead"
	bucketCounts  = "counts"
	bucketPace    = "pace"
	bucketStand   = "standing"
	bucketRecords = "records"
	bucketBodies  = "bodies"
	bucketPages   = "pages"
	bucketTriage  = "triage"
	bucketReviews = "reviews"
	bucketLevels  = "levels"
	bucketLogs    = "logs"
	bucketLines   = "lines"
	bucketHashes  = "hashes"

	bucketRows     = "rows"
	bucketCaptures = "captures"
	bucketMentions = "mentions"
	bucketListed   = "listed"

	bucketSearchDocs     = "search-docs"
	bucketSearchOf       = "search-of"
	bucketSearchNew      = "search-new"
	bucketSearchFacts    = "search-facts"
	bucketSearchNames    = "search-names"
	bucketSearchSegments = "search-segments"
	bucketSearchBlocks   = "search-blocks"
)

func buckets() []string {
	return []string{
		bucketMeta, bucketSources, bucketTasks, bucketReady, bucketDelayed, bucketLeased, bucketDone, bucketParked, bucketDead,
		bucketCounts, bucketPace, bucketStand, bucketRecords, bucketBodies, bucketPages, bucketTriage, bucketReviews, bucketLevels, bucketLogs, bucketLines, bucketHashes,
		bucketRows, bucketCaptures, bucketMentions, bucketListed,
		bucketSearchDocs, bucketSearchOf, bucketSearchNew, bucketSearchFacts, bucketSearchNames, bucketSearchSegments, bucketSearchBlocks,
	}
}

func makeLayout(tx read, now time.Time) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	meta := bucket(tx, bucketMeta)
	for k, v := range map[string]string{"layout": layoutName, "version": layoutVersion, "created": now.UTC().Format(time.RFC3339), keySearch: string(newSearchName())} {
		if err := meta.Put([]byte(k), []byte(v)); err != nil {
			return err
		}
	}
	return setCipher(tx)
}

// checkLayout returns the version of a case file that this program can read.
func checkLayout(tx read) (version string, err error) {
	meta := bucket(tx, bucketMeta)
	if meta == nil || string(meta.Get([]byte("layout"))) != layoutName {
		return "", fmt.Errorf("not a case: want a file that vigil init made")
	}
	version = string(meta.Get([]byte("version")))
	if version != layoutVersion && stepFrom(version) == nil {
		return "", fmt.Errorf("layout version %q: this program knows those up to %s; use the vigil that wrote it", version, layoutVersion)
	}
	for _, name := range buckets() {
		if bucket(tx, name) == nil && !slices.Contains(bucketsAfter(version), name) {
			return "", fmt.Errorf("case file is damaged: bucket %s is missing", name)
		}
	}
	return version, nil
}

// bucketsAfter returns the buckets that a layout version did not have.
func bucketsAfter(version string) []string {
	since3 := []string{bucketRows, bucketCaptures, bucketMentions, bucketListed}
	since5 := append([]string{bucketLevels}, searchBuckets()...)
	switch version {
	case "1":
		return slices.Concat(bucketsSince2(), since3, since5)
	case "2":
		return slices.Concat(since3, since5)
	case "3", "4":
		return since5
	}
	return searchBuckets() // made anew where they are missing
}

// key joins parts, each ended by a zero byte, which no part may hold: so no two
// lists of parts give one key, and each list is a prefix of the longer ones.
func key(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += len(p) + 1
	}
	k := make([]byte, 0, n+24) // room for two numbers
	for _, p := range parts {
		k = append(append(k, p...), 0)
	}
	return k
}

// after returns the first key behind all that begin with key(parts...).
func after(parts ...string) []byte {
	k := key(parts...)
	k[len(k)-1]++
	return k
}

// number appends n so that keys sort as numbers do.
func number(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(k, n) }

// instant appends t so that keys sort as times do.
func instant(k []byte, t time.Time) []byte { return number(k, uint64(t.UnixNano())^1<<63) }

func parseNumber(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func parseInstant(b []byte) time.Time {
	return time.Unix(0, int64(parseNumber(b)^1<<63)).UTC()
}
