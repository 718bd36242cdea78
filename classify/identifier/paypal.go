package identifier

import "strings"

// paypalPath looks at text[path:], behind paypal.me/, as a name: up to 20
// letters and digits, in either case.
func (sc *scanner) paypalPath(from, path int, method string) {
	const most = 20
	end := nameEnd(sc.text, path, "")
	if n := end - path; n == 0 || n > most {
		return
	}
	name := strings.ToLower(sc.text[path:end])
	sc.handleKind(from, end, method, "paypal", "https://paypal.me/"+name, "paypal:"+name)
}

// paypalComPath looks at text[path:], behind paypal.com/, as paypalme/name.
func (sc *scanner) paypalComPath(from, path int, method string) {
	const me = "paypalme/"
	if hasWord(sc.text[path:], me) {
		sc.paypalPath(from, path+len(me), method)
	}
}
