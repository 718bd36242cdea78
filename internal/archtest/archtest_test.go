// Package archtest keeps the import table of ARCHITECTURE.md true.
//
// It reads the source files in this process: go test would not notice a change
// behind a child process, and serve a stale pass from its cache.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the prefix of our own import paths.
const module = "vigil"

// ours says which of our packages each package may import, tests apart.
// "*" allows all.
var ours = map[string][]string{
	".":                           {},
	"classify":                    {".", "classify/indicator", "classify/identifier"},
	"classify/indicator":          {"."},
	"classify/identifier":         {"."},
	"cmd/vigil":                   {"*"},
	"cmd/vigil-verify":            {"internal/bundle"},
	"crawler":                     {".", "internal/encoding"},
	"fixtures":                    {"."},
	"fixtures/internal/gen":       {".", "fixtures"},
	"internal/anchor":             {".", "internal/custody", "internal/signature", "internal/timestamp"},
	"internal/api":                {".", "store", "internal/access", "internal/desk", "internal/display", "internal/search", "internal/stats", "classify/identifier"},
	"internal/archtest":           {},
	"internal/bundle":             {".", "internal/anchor", "internal/custody", "internal/order", "internal/redact", "internal/release", "internal/signature", "internal/timestamp"},
	"internal/config":             {"internal/tomlfile"},
	"internal/custody":            {"."},
	"internal/duplicate":          {},
	"internal/encoding":           {"."},
	"internal/exchange":           {".", "internal/sheet"},
	"internal/extract":            {".", "internal/encoding", "internal/tomlfile"},
	"internal/keyring":            {},
	"internal/link":               {".", "internal/sheet"},
	"internal/needs":              {},
	"internal/order":              {".", "internal/signature", "internal/tomlfile"},
	"internal/redact":             {".", "internal/tomlfile"},
	"internal/outside":            {},
	"internal/pagetest":           {},
	"internal/pgtest":             {"internal/needs"},
	"internal/report":             {".", "classify/indicator", "internal/display"},
	"internal/release":            {".", "internal/signature"},
	"internal/casetest":           {".", "store", "store/bolt"},
	"internal/access":             {"."},
	"internal/desk":               {".", "store", "internal/access", "internal/display", "internal/search"},
	"internal/account":            {".", "internal/access", "internal/keyring"},
	"internal/display":            {".", "store"},
	"internal/review":             {".", "store", "internal/access", "internal/account", "internal/desk", "internal/display", "internal/rendering", "internal/stats", "internal/chart", "internal/search", "internal/job", "internal/release"},
	"internal/rendering":          {".", "internal/display", "internal/encoding"},
	"internal/sheet":              {},
	"internal/stats":              {".", "store", "internal/eval", "internal/sheet"},
	"internal/chart":              {},
	"internal/job":                {".", "internal/access", "internal/display"},
	"internal/retention":          {".", "store"},
	"internal/robots":             {},
	"internal/scale":              {},
	"internal/search":             {"."},
	"internal/session":            {".", "internal/keyring"},
	"internal/signature":          {"."},
	"internal/timestamp":          {"."},
	"internal/tomlfile":           {},
	"internal/tor":                {"."},
	"internal/tor/simnet":         {"."},
	"internal/tor/tornet":         {"."},
	"internal/wall":               {"."},
	"internal/watchlist":          {".", "classify/identifier"},
	"internal/work":               {".", "store"},
	"store":                       {".", "internal/custody", "internal/search"},
	"store/bolt":                  {".", "store", "store/rule", "internal/custody", "internal/search", "internal/encoding", "internal/seal"},
	"store/rule":                  {".", "store", "internal/custody", "internal/search", "internal/encoding"},
	"internal/seal":               {"."},
	"store/postgres":              {".", "store", "store/rule", "internal/custody", "internal/search", "internal/encoding", "internal/seal"},
	"store/storetest":             {".", "store", "internal/custody", "internal/search"},
	"fixtures/internal/enginegen": {".", "fixtures"},
	"classify/train":              {".", "classify", "fixtures", "internal/eval"},
	"internal/eval":               {"."},
	"internal/eval/baseline":      {".", "internal/eval"},
}

// theirs says which package imports each package of a third party, tests apart:
// one, but for HTML, which the crawler must read to find the links of a page
// that colly's parser gives up, in which a page declares its charset, and whose
// tokens show a wall and its plain rendering; and for the forms of letters, which a search folds without
// a classifier.
var theirs = map[string][]string{
	"filippo.io/age":                                          {"internal/keyring"},
	"filippo.io/age/armor":                                    {"internal/keyring"},
	"github.com/BurntSushi/toml":                              {"internal/tomlfile"},
	"github.com/PuerkitoBio/goquery":                          {"internal/extract"},
	"github.com/andybalholm/brotli":                           {"internal/encoding"},
	"github.com/decred/dcrd/dcrec/secp256k1/v4":               {"classify/identifier"},
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa":         {"classify/identifier"},
	"github.com/go-webauthn/webauthn/protocol":                {"internal/account"},
	"github.com/go-webauthn/webauthn/webauthn":                {"internal/account"},
	"github.com/gocolly/colly/v2":                             {"crawler"},
	"github.com/hiddeco/sshsig":                               {"internal/signature"},
	"github.com/jackc/pgx/v5":                                 {"store/postgres"},
	"github.com/jackc/pgx/v5/pgconn":                          {"store/postgres"},
	"github.com/jackc/pgx/v5/pgxpool":                         {"store/postgres"},
	"github.com/jdkato/prose/v2":                              {"classify"},
	"github.com/klauspost/compress/gzip":                      {"internal/bundle"},
	"github.com/klauspost/compress/zstd":                      {"internal/encoding"},
	"github.com/nyaruka/phonenumbers":                         {"classify/identifier"},
	"github.com/petar-dambovaliev/aho-corasick":               {"classify"},
	"github.com/prometheus/client_golang/prometheus":          {"cmd/vigil"},
	"github.com/prometheus/client_golang/prometheus/promhttp": {"cmd/vigil"},
	"github.com/spf13/cobra":                                  {"cmd/vigil"},
	"go.etcd.io/bbolt":                                        {"store/bolt"},
	"go.etcd.io/bbolt/errors":                                 {"store/bolt"},
	"go.yaml.in/yaml/v3":                                      {"internal/watchlist"},
	"github.com/google/go-cmp/cmp":                            {"store/storetest"},
	"golang.org/x/crypto/argon2":                              {"internal/account"},
	"golang.org/x/crypto/sha3":                                {"classify/identifier"},
	"golang.org/x/crypto/ssh":                                 {"internal/signature"},
	"golang.org/x/mod/sumdb/note":                             {"internal/anchor"},
	"golang.org/x/mod/sumdb/tlog":                             {"internal/custody"},
	"golang.org/x/net/html":                                   {"internal/extract", "internal/wall", "internal/encoding", "internal/rendering", "crawler"},
	"golang.org/x/net/html/atom":                              {"internal/extract"},
	"golang.org/x/net/html/charset":                           {"internal/encoding"},
	"golang.org/x/net/proxy":                                  {"internal/tor"},
	"golang.org/x/sys/unix":                                   {"cmd/vigil"},
	"golang.org/x/term":                                       {"cmd/vigil"},
	"golang.org/x/text/transform":                             {"internal/encoding"},
	"gonum.org/v1/gonum/optimize":                             {"classify/train"},
	"golang.org/x/text/unicode/norm":                          {"classify", "internal/search", "internal/redact"},
}

func TestImportsKeepToTheTable(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := eachFile(root, func(pkg, file string) error {
		seen[pkg] = true
		if strings.HasSuffix(file, "_test.go") {
			return nil
		}
		imports, err := importsOf(file)
		if err != nil {
			return err
		}
		for _, imp := range imports {
			if why := forbidden(pkg, imp); why != "" {
				t.Errorf("%s imports %s: %s", file, imp, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range seen {
		if _, ok := ours[pkg]; !ok {
			t.Errorf("package %s is not in the table", pkg)
		}
	}
	for pkg := range ours {
		if !seen[pkg] {
			t.Errorf("package %s is in the table, but not in the tree", pkg)
		}
	}
}

// forbidden says why pkg may not import imp; empty if it may.
func forbidden(pkg, imp string) string {
	if imp == module || strings.HasPrefix(imp, module+"/") {
		want := strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
		if want == "" {
			want = "."
		}
		allowed, ok := ours[pkg]
		if ok && (slices.Contains(allowed, "*") || slices.Contains(allowed, want)) {
			return ""
		}
		return fmt.Sprintf("the table allows %v", allowed)
	}
	if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
		return "" // standard library
	}
	switch owners, ok := theirs[imp]; {
	case !ok:
		return "no package may"
	case !slices.Contains(owners, pkg):
		return fmt.Sprintf("only %v may", owners)
	}
	return ""
}

func TestARCHITECTUREShowsTheTable(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range ours {
		if pkg != "." && !strings.Contains(string(doc), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md does not show %s", pkg)
		}
	}
}

// eachFile calls f for every Go file below root, with its package's folder.
func eachFile(root string, f func(pkg, file string) error) error {
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != root || d.Name() == "testdata") {
			if file == filepath.Join("..", "..") {
				return nil
			}
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(file) != ".go" {
			return nil
		}
		pkg, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(pkg), file)
	})
}

func importsOf(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, p)
	}
	return imports, nil
}
