package watchlist

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
)

// real returns an Input of real lists, which lie beside the repository and are
// not part of it.
func real(t testing.TB, patterns ...string) Input {
	t.Helper()
	in := Input{Now: now, AsOf: "2024-09-27"}
	for _, p := range patterns {
		names, err := filepath.Glob(filepath.Join("../../../shared/watchlists", p))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			t.Skipf("no lists beside the repository: ../shared/watchlists/%s", p)
		}
		for _, n := range names {
			f, err := os.Open(n)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			in.Files = append(in.Files, File{n, f})
		}
	}
	return in
}

// kinds counts what the rows of a list are.
func kinds(im Import) map[string]int {
	n := map[string]int{}
	for _, r := range im.Rows {
		for _, p := range r.Parsed {
			n[p.Kind]++
		}
		if len(r.Parsed) == 0 {
			n["unparsed"]++
		}
	}
	return n
}

// shapes says how long each unparsed row is, and under which symbol it stands:
// the lists themselves are no part of the repository.
func shapes(im Import) (out []string) {
	for _, r := range im.Rows {
		if len(r.Parsed) == 0 {
			out = append(out, fmt.Sprintf("%d characters under %s", len(r.Raw), r.Symbol))
		}
	}
	return out
}

// twice returns how the rows begin that have one key, but not one kind.
func twice(im Import) []string {
	of := map[string]vigil.ListRow{}
	for _, r := range im.Rows {
		for _, p := range r.Parsed {
			o, seen := of[p.Key]
			if seen && o.Parsed[0].Kind != p.Kind && p.Kind == "tron" {
				return []string{r.Raw[:6] + "…", o.Raw[:6] + "…"}
			}
			of[p.Key] = r
		}
	}
	return nil
}

func unparsed(im Import) (out []string) {
	for _, r := range im.Rows {
		if len(r.Parsed) == 0 {
			out = append(out, r.Raw)
		}
	}
	return out
}

// OFAC files a Tron address under XBT; 0xB10C's issue 5 asks what it is.
func TestRealListOfBitcoinHasOneTronAddress(t *testing.T) {
	for _, ending := range []string{"txt", "json"} {
		im := mustRead(t, real(t, "ofac-0xb10c/sanctioned_addresses_XBT."+ending))
		same(t, "kinds", kinds(im), map[string]int{"btc": 434, "tron": 1})
		r := im.Rows[354]
		same(t, "kind", r.Parsed[0].Kind, "tron")
		has(t, im.Problems, r.Line, "listed as XBT")
		same(t, "problems", len(im.Problems), 1)
	}
}

// Of 654 rows two fit no rule: 64 hex digits under XMR, which are no address, and
// an address of Bitcoin Gold, which this program does not know.
func TestRealListsOfAllAssets(t *testing.T) {
	im := mustRead(t, real(t, "ofac-0xb10c/sanctioned_addresses_*.txt"))
	same(t, "name", im.List.Name, "sanctioned_addresses")
	same(t, "rows", im.List.Rows, 654)
	same(t, "unparsed", shapes(im), []string{"34 characters under BTG", "64 characters under XMR"})
	same(t, "account that is listed as Tron's and as Ethereum's", twice(im), []string{"TXEsK1…", "0xE950…"})
}

// The remarks of 2019's sdn.csv have two wallets; the comments are of a later
// day, so what they go on with is not there: 206 wallets of four entries have no
// party. Two pieces are cut in their middle and stay strings.
func TestRealTableOfOFACWithCommentsOfAnotherDay(t *testing.T) {
	im := mustRead(t, real(t, "ofac-sdn-csv/sdn.csv", "ofac-sdn-csv/sdn_comments.csv"))
	same(t, "rows", im.List.Rows, 208)
	same(t, "kinds", kinds(im), map[string]int{"btc": 121, "evm": 84, "xrp": 1, "unparsed": 2})
	same(t, "unparsed", shapes(im), []string{"33 characters under ", "22 characters under "})
	same(t, "entry", []string{im.Rows[0].PartyID, im.Rows[0].Symbol}, []string{"26137", "XBT"})
	same(t, "programmes", im.Rows[0].Programmes, []string{"CYBER2"})
	same(t, "orphans", len(im.Problems), 206)

	alone := mustRead(t, real(t, "ofac-sdn-csv/sdn.csv"))
	same(t, "kinds", kinds(alone), map[string]int{"btc": 2})
}

func TestRealPackOfAlQaedaIsWhole(t *testing.T) {
	im := mustRead(t, real(t, "graphsense-tagpacks/aft-alqaeda-forfeit_vc.yaml"))
	same(t, "kinds", kinds(im), map[string]int{"btc": 155})
	for _, r := range im.Rows {
		if !r.Terror || r.Confidence != 60 || r.Party != "Al-Qaeda Campaign" {
			t.Fatalf("row %+v, want inherited party, confidence and abuse", r)
		}
	}
	in := real(t, "graphsense-tagpacks/aft-alqaeda-forfeit_vc.yaml")
	in.AsOf = ""
	wrong(t, in, "states no date")
}

// Two Monero addresses are cut at 67 of 95 characters, one string of XMR is hex,
// one address is of Bitcoin Gold.
func TestRealPackOfOFACHasCutAddresses(t *testing.T) {
	im := mustRead(t, real(t, "graphsense-tagpacks/ofac.yaml"))
	same(t, "rows", im.List.Rows, 572)
	same(t, "unparsed", shapes(im), []string{
		"64 characters under XMR", "34 characters under BTG", "67 characters under XMR", "67 characters under XMR",
	})
}

// The black list of USDT has the zero address and thirteen reserved ones. They
// are kept, but nothing that a listing may say matches them.
func TestRealBlackListHasReservedAccounts(t *testing.T) {
	im := mustRead(t, real(t, "graphsense-tagpacks/usdt_blacklist.yaml"))
	same(t, "kinds", kinds(im), map[string]int{"evm": 760, "unparsed": 14})
	x := &Index{}
	if err := x.Add(im.List, im.Rows); err != nil {
		t.Fatal(err)
	}
	for _, raw := range unparsed(im) {
		if !strings.HasPrefix(raw, "0x000000000000000000000000000000000000") || Distinct(raw) {
			t.Errorf("%s is unparsed, want only reserved accounts, which are not looked for", raw)
		}
		if got := hits(t, x, "burn "+raw); got != nil {
			t.Errorf("%s hits %q, want nothing", raw, got)
		}
	}
}

func TestRealPacksAreReadWhole(t *testing.T) {
	for name, want := range map[string]int{
		"Alt-Right": 517, "blender_io": 45, "demo": 5, "hydra": 117, "interpol-real_services": 10, "lazarus": 21, "lazarus2": 6, "tornado_cash": 39,
	} {
		im := mustRead(t, real(t, "graphsense-tagpacks/"+name+".yaml"))
		if im.List.Rows != want || im.List.Unparsed != 0 {
			t.Errorf("%s: %d rows, %d of them unparsed: %v; want %d and 0", name, im.List.Rows, im.List.Unparsed, im.Problems, want)
		}
	}
	wrong(t, real(t, "graphsense-tagpacks/tool_ex_addr_tagpack.yaml", "graphsense-tagpacks/tool_concepts.yaml"), "tool_concepts.yaml")
}
