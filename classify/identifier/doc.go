// Package identifier finds payment and contact identifiers in hostile text and
// keeps only those that pass the check of their own standard.
//
// # Kinds
//
//	btc          P2PKH, P2SH (base58check); segwit v0–v16 (BIP-173, BIP-350);
//	             silent payments sp1… (BIP-352)
//	ltc doge dash tron
//	             base58check with the chain's own version bytes; ltc also segwit
//	             and MWEB (ltcmweb1…)
//	bch          cashaddr, with or without its prefix (P2PKH, P2SH, P2SH32)
//	zec          transparent t1…, t3…; Sapling zs1…; unified u1…, zu1…, tu1…
//	             (ZIP-316); tex1… (ZIP-320)
//	xrp          classic addresses with the destination tag beside them, and
//	             X-addresses (XLS-5d)
//	xmr          standard, subaddress and integrated
//	evm          0x and 40 hex digits (ERC-55)
//	sol          32 bytes in base58, beside a word that says so
//	ton          user-friendly addresses, both alphabets (TEP-2); raw ones, 0:<hex>,
//	             beside a word that says so
//	xlm          accounts G… and muxed accounts M… (SEP-23)
//	lightning    invoices (BOLT-11), offers lno1… (BOLT-12), LNURL (LUD-01)
//	xpub         extended public keys (BIP-32, SLIP-132)
//	private-key  WIF and extended private keys, Stellar seeds, mnemonics (BIP-39,
//	             English), blocks (OpenPGP, OpenSSH, RFC 7468), 64 hex digits
//	             beside a word: reported, never repeated
//	card         issuer and check digit (ISO/IEC 7812): reported, never repeated
//	onion        version 3 names
//	onion2       version 2 names: 16 characters of base32
//	email        plain and defanged, and in the user IDs of public keys
//	xmpp         the same, beside xmpp, jabber, otr, omemo, or by its host's name
//	phone        + or 00 and country code (E.164, by libphonenumber's data), or in
//	             the form of Options.Region; wa.me, t.me/+ and signal.me/#p/ links
//	iban         structure of the country and ISO 7064 mod 97-10
//	telegram     t.me and tg: links, @name beside a word
//	signal       name.42 beside a word, signal.me links
//	threema      8 characters, * for gateways, beside a word, threema.id links
//	session      05 and 64 hex digits beside a word
//	wickr        a name behind the word
//	tox          76 hex digits with their checksum
//	matrix       @name:server beside a word, or of matrix.…; matrix.to links
//	cashtag      $name or £name beside a word, cash.app links
//	paypal       paypal.me and paypal.com/paypalme links
//	revolut      @name beside a word, revolut.me links
//	mtcn         10 digits beside Western Union's name
//	exchange-account
//	             6 to 12 digits beside an exchange's name and a word for account
//	pgp          armored public keys (RFC 9580), as pages leave them; fingerprints
//	             and key IDs beside a word
//
// Beside a word means: within 48 bytes behind one that names the kind, in
// English, German, French, Spanish or Russian, and no word for another kind
// stands nearer.
//
// # Classes
//
// Class A has a checksum of 30 bits or more, and for pgp a key that hashes to
// its own name: a hit is no accident. Class B has a weak one (onion, iban, ton, xlm,
// tox, card, mnemonics, mixed-case evm) or a strict structure (email, phone, blocks
// of private keys). Class C has a shape only (evm in one case, sol, raw ton, offers,
// and all that stands beside a word or is read from a link); it may be shown, but
// ought not to link.
//
// # Readings
//
// Some version bytes belong to several chains: 1… is btc, bch and bsv, 3… ltc
// besides, D… doge, dgb and xvg. Readings has them all. The likeliest is first,
// and is the Kind: what the scheme of the URI says, or the name of a coin within
// 40 bytes before, or the first word behind, or else the usual one.
//
// # Warnings
//
// Warned says that the sentence around an identifier speaks against it, as in "do
// not send to …" or "… is fake": in English, German, French, Spanish or Russian.
// It may be shown, but ought not to link.
//
// # De-obfuscation
//
// Characters that nobody sees (zero-width, soft hyphen, direction marks) are
// dropped for every kind. Only class A, whose checksum says whether the guess
// was right, is also tried with look-alike letters replaced, and with up to
// eight neighbouring pieces put together, or 36 of one length. Method says what
// was needed: plain, joined (something stood between the characters), folded
// (letters were replaced) or refanged ([at], (dot), …). Start and End always
// point into the text as given, and Raw is that slice of it.
//
// # Keys
//
// Two identifiers with one key are one thing:
//
//	h160:pkh:<hex>      hash of a public key: P2PKH of any chain, P2WPKH, cashaddr q…
//	h160:sh:<hex>       hash of a script
//	segwit:<v>:<hex>    other witness programs
//	acct20:<hex>        evm and tron accounts: one key has the same 20 bytes on both
//	xmr:<hex>           public spend key and view key; an integrated address has
//	                    the key of its base address
//	xrp:<classic address>, with :<destination tag> where there is one
//	xlm:<account G…>  ton:<workchain>:<hex>  sol:<address>
//	zec:sapling:<hex>  zec:orchard:<hex>  (a unified address has the key of its
//	                    Sapling receiver, else of its Orchard receiver)
//	mweb:<hex of both public keys>   sp:<the same, of silent payments>
//	ln:<hex of the payee's node key, or of an offer's issuer>
//	lno:<SHA-256 of an offer without one>   lnurl:<URL>
//	xpub:<hex of chain code and public key>  bch32:<hex>
//	onion:<hex of public key>   email:<address in lower case>   iban:<IBAN>
//	tg:<name in lower case>     tg+:<invitation>                pgp:<fingerprint>
//	pgpid:<key ID>  tel:<number in the form of E.164>  xmpp:<bare JID in lower case>
//	tox:<hex of public key>     session:<hex>    onion2:<name>
//	signal:<name.42>            signal+:<encrypted name of a link>
//	matrix:@<name>:<server>     threema:<ID>     wickr:<name>
//	cashtag:<name>  paypal:<name>  revolut:<name>  (in lower case)
//	mtcn:<digits>               exch:<exchange>:<digits>
//
// The place of a mail in a user ID is the base64 that holds it, with method
// joined; its key's own place ends before the first of them.
//
// Addresses of test networks are reported with Network "testnet"; their keys
// begin with "test:", so that they never meet a real one. An identifier that
// is Redacted has neither Value, Raw nor Key.
package identifier
