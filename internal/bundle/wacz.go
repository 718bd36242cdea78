package bundle

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vigil"
)

// Names in the WACZ file (WACZ 1.1.1).
const (
	archiveDir     = "archive/"
	cdxName        = "indexes/index.cdxj"
	pagesName      = "pages/pages.jsonl"
	packageName    = "datapackage.json"
	packageSumName = "datapackage-digest.json"
)

// archiveName returns the name of the nth file of captures, from 1.
func archiveName(n int) string { return fmt.Sprintf("%sdata-%05d.warc.gz", archiveDir, n) }

// A place says where a record stands in the WACZ file.
type place struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // of its gzip member
	Length int64  `json:"length"`
}

// An indexLine is a line of index.jsonl: where the record of a page is.
type indexLine struct {
	Page    string `json:"page"`
	Listing string `json:"listing"`
	Record  string `json:"record"`
	place
}

// A pageLine is a line of pages.jsonl, for programs that show web archives.
type pageLine struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	TS    string `json:"ts"` // RFC 3339, to the second
	Title string `json:"title"`
}

// pagesHeader is the first line of pages.jsonl.
const pagesHeader = `{"format":"json-pages-1.0","id":"pages","title":"Pages that the listings rest on"}`

func newPageLine(e vigil.Exhibit) pageLine {
	return pageLine{
		ID: e.Page.ID, URL: oneLine(target(e.Page)), TS: e.Page.CapturedAt.UTC().Truncate(time.Second).Format(time.RFC3339),
		Title: e.Listing.Title,
	}
}

// A dataPackage is datapackage.json: a Frictionless data package that lists the
// other files. Readers in use want this profile and version; see FORMAT.md.
type dataPackage struct {
	Profile   string     `json:"profile"`
	Version   string     `json:"wacz_version"`
	Title     string     `json:"title"`
	Created   string     `json:"created"`
	Software  string     `json:"software"`
	Resources []resource `json:"resources"`
}

type resource struct {
	Name  string `json:"name"` // last part of the path
	Path  string `json:"path"`
	Hash  string `json:"hash"` // sha256: and lower-case hex
	Bytes int64  `json:"bytes"`
}

// Values that WACZ fixes.
const (
	packageProfile = "data-package"
	packageVersion = "1.1.1"
	authVersion    = "0.1.0"
)

// A packageDigest is datapackage-digest.json: who signed datapackage.json, in
// the anonymous form of WACZ authentication 0.1.0.
type packageDigest struct {
	Path   string     `json:"path"`
	Hash   string     `json:"hash"`
	Signed signedData `json:"signedData"`
}

type signedData struct {
	Hash      string `json:"hash"`
	Created   string `json:"created"`
	Software  string `json:"software"`
	Version   string `json:"version"`
	Signature string `json:"signature"`
	PublicKey string `json:"publicKey"`
}

func newResource(name string, sum string, size int64) resource {
	return resource{Name: name[strings.LastIndexByte(name, '/')+1:], Path: name, Hash: digestPrefix + sum, Bytes: size}
}

// packageFiles returns datapackage.json and datapackage-digest.json.
func packageFiles(c Contents, rs []resource) (pkg, digest []byte, err error) {
	created := c.Made.UTC().Format(time.RFC3339)
	pkg, err = json.MarshalIndent(dataPackage{
		Profile: packageProfile, Version: packageVersion, Title: "Captures of bundle " + c.ID,
		Created: created, Software: c.Tool, Resources: rs,
	}, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	pkg = append(pkg, '\n')
	d := packageDigest{Path: packageName, Hash: digestPrefix + vigil.SumHex(pkg)}
	d.Signed = signedData{Hash: d.Hash, Created: created, Software: c.Tool, Version: authVersion}
	if d.Signed.Signature, err = signWACZ(c.WACZKey, d.Hash); err != nil {
		return nil, nil, err
	}
	if d.Signed.PublicKey, err = publicText(c.WACZKey); err != nil {
		return nil, nil, err
	}
	digest, err = json.MarshalIndent(d, "", "  ")
	return pkg, append(digest, '\n'), err
}
