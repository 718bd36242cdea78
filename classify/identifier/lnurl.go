package identifier

import (
	"net/url"
	"strings"

	"vigil"
)

// readLNURL reads a URL of a Lightning service in bech32 (LUD-01). It must be
// https, or http of an onion service; the URL is its key.
func readLNURL(b bech32Text) (vigil.Identifier, bool) {
	raw, ok := b.bytes()
	if !ok || b.constant != bech32Const {
		return vigil.Identifier{}, false
	}
	u, err := url.Parse(string(raw))
	if err != nil || u.Host == "" || u.User != nil {
		return vigil.Identifier{}, false
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme != "https" && !(u.Scheme == "http" && strings.HasSuffix(host, ".onion")) {
		return vigil.Identifier{}, false
	}
	u.Host = strings.ToLower(u.Host)
	return b.coin("lightning", "lnurl:"+u.String()), true
}
