package identifier

import (
	"strings"

	"vigil"
)

// xmppWords say that name@host is the address of a chat (a bare JID, RFC 7622),
// mailWords that it is one of mail. They have one shape.
var (
	xmppWords = words{"xmpp", "jabber*", "jid", "otr", "omemo", "жаббер*", "джаббер*", "жаба"}
	mailWords = words{"mail", "email", "e-mail", "mailto", "emails", "protonmail", "tutanota", "courriel", "correo", "почта", "почту", "мейл", "имейл", "мыло"}
)

// isJID reports whether the address at text[start:] is a chat's: by the word that
// stands nearest before it, or else by its host's name.
func (sc *scanner) isJID(start int, host string) bool {
	switch sc.nearest(start, xmppWords, mailWords) {
	case 0:
		return true
	case 1:
		return false
	}
	return strings.Contains(host, "jabber") || strings.Contains(host, "xmpp")
}

// xmpp keeps an address, without the resource that may follow it.
func (sc *scanner) xmpp(start, end int, method, jid string) {
	jid = strings.ToLower(jid)
	sc.found(start, end, len(jid), method, vigil.Identifier{
		Kind: "xmpp", Value: jid, Key: "xmpp:" + jid, Class: vigil.ClassC, Readings: []string{"xmpp", "email"},
	})
}
