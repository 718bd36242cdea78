package wall

// What each kind of wall says. The words are general: no site's own sentences.
var (
	sayLogin = phrases( // in titles and headings
		"login", "log in|on", "logging in", "sign in|up", "signin", "register", "registration", "create .. account", "members only", "password",
		"anmelden|anmeldung|einloggen|registrieren|registrierung|passwort", "connexion|inscription|connecter", "mot de passe",
		"iniciar|inicia|inicie sesion", "acceder|acceso|registro|registrate|contrasena", "вход|войти|авторизац~|регистрац~|пароль",
	)
	sayMembers = phrases(
		"requires you to .. logged|registered", "must|need|please|have .. log|sign|login in?", "only .. registered|members", "members only", "logged in to",
		"nur fur mitglieder|registrierte|angemeldete", "bitte .. anmelden|melde|einloggen", "devez|veuillez .. connecter|identifier", "reserve aux membres",
		"debes|debe|necesitas .. sesion|registrarte", "solo .. miembros|registrados", "необходимо|нужно|требуется .. авториз~|войти|вход|регистрац~", "только для .. пользователей|участников",
	)

	sayCaptcha = phrases(
		"captcha", "are you .. human|robot|bot", "not a robot|bot", "prove|verify|confirm .. human", "human check|verification|test", "keep|stop|against .. bots",
		"enter|type|write|copy .. characters|letters|symbols", "code|text|digits|numbers|word .. image|picture|above|below", "what is .. plus|minus|times", "anti bot|robot|spam|ddos|captcha", "security check|verification|question", "incomplete circle",
		"sicherheitsabfrage|sicherheitsprufung", "zeichen|buchstaben|code|text|zahlen .. bild|grafik", "kein|ein roboter|bot|mensch",
		"etes vous .. humain|robot", "pas un robot", "recopiez|saisissez|entrez|tapez .. caracteres|lettres", "caracteres|code .. image",
		"no .. robot", "eres .. humano|humana", "codigo|caracteres|letras|texto .. imagen", "не .. робот|бот", "код|символы|цифры|буквы|текст .. картин~|изображен~|рисун~", "проверка .. робот~|капч~", "капч~",
	)

	sayQueue = phrases(
		"you|re|been .. in|into .. queue|line", "placed|waiting|put .. queue|line", "position|place|number in .. queue|line", "queue position|number|status", "waiting room", "ahead of you",
		"estimated .. wait|waiting|time", "wait|waiting time", "in queue", "queue",
		"warteschlange", "warteraum", "wartezeit", "vor dir|ihnen", "file d attente", "salle d attente", "temps d attente",
		"en|la|una cola", "sala de espera", "tiempo de espera", "в .. очереди", "очеред~", "время ожидания", "зал ожидания",
	)
	sayQueued = phrases( // is enough by itself
		"you are|re|were|have .. in|into .. queue|line", "your .. position|place|number .. queue|line", "waiting room",
		"befindest|befinden .. warteschlange", "warteraum", "etes .. file d attente", "salle d attente", "estas|esta|encuentra .. en la cola", "sala de espera", "вы .. в .. очереди", "зал ожидания",
	)

	sayCheck = phrases(
		"checking|verifying .. browser|connection|human", "browser check|verification", "browser is|will .. checked|verified", "proof of work", "ddos .. protection|guard|shield", "sure you re not .. bot",
		"browser wird|werden .. uberpruft|gepruft", "uberpruf~|pruf~ .. browser~", "verif~ .. navigateur", "protection .. ddos", "verificando|comprobando .. navegador", "проверка|проверяем .. браузер~", "защита .. ddos",
	)
	sayScripts = phrases(
		"enable|activate|require~|turn .. javascript", "javascript .. required|needed|enabled|on|disabled", "javascript .. aktivieren|aktiviert|einschalten|benotigt",
		"activez|activer .. javascript", "javascript .. requis|necessaire", "activa~|habilita~ .. javascript", "включите .. javascript", "javascript .. включ~",
	)

	saySeized = phrases(
		"has|have|had been|is .. seized", "been seized", "site|domain|service|market|marketplace|server|website seized", "beschlagnahmt", "ete .. saisi~", "ha sido .. incautado|confiscado|intervenido", "изъят|изъято|конфискован~|арестован~",
	)
	sayClosed = phrases(
		"market|marketplace|site|website|shop|store|service|forum|board|platform|project .. closed|closing|shutting|offline|shutdown|retired|discontinued", "closing .. doors", "shut|shutting|closing .. down? .. site|market|forum|board|shop|service|website",
		"we are|re|have closed|closing|shutting|retiring", "permanently closed|offline", "account has .. suspended", "account suspended", "site|domain|account|hosting|service .. suspended",
		"markt|shop|seite|forum|dienst|laden .. geschlossen|eingestellt", "betrieb .. eingestellt", "site|marche|boutique|forum|service|marketplace .. ferme|fermee", "ferme definitivement", "mercado|sitio|tienda|foro|servicio .. cerrado|cerrada",
		"сайт|магазин|форум|маркет|маркетплейс|проект|сервис|площадка .. закрыт~|заблокирован~", "прекра~ .. работ~",
	)
	sayMaintenance = phrases(
		"down|closed|under|undergoing|performing|offline|unavailable .. maintenance", "maintenance .. underway|progress|mode|works", "be back .. soon|shortly|later|online",
		"wartungsarbeiten|wartungsmodus", "wird|werden .. gewartet", "en mantenimiento", "tareas de mantenimiento", "en maintenance", "en travaux", "техническ~ работ~|обслуживан~",
	)
	sayMaintenanceHead = phrases("maintenance", "wartung", "mantenimiento", "техническ~", "technische arbeiten")
	sayNot             = phrases("no|not|never|none|nobody|neither|nor|without", "last|planned|if|when|until|before", "nicht|kein|keine|keiner|nie|geplant~", "pas|jamais|aucun|aucune", "ni|nunca|ningun|ninguna", "не|нет|ни|никогда|если")

	sayFake = phrases(
		"you are|re .. on|using|visiting|at .. phishing|fake|clone|scam|fraudulent", "this is .. phishing|fake|clone|scam", "this site|page|address|domain|mirror|link is .. phishing|fake|clone|scam|stolen", "this is not the .. real|official|original|genuine",
		"diese seite|adresse .. gefalscht|phishing|falschung|fake", "vous etes sur .. faux|fausse|hameconnage|phishing", "estas en .. falso|falsa|phishing", "вы .. на .. фишинг~|поддельн~|фейк~", "это .. фишинг~|поддельн~|фейк~",
	)
	sayUnless = phrases("if", "wenn|falls", "si", "если") // before it: a condition, not a statement
	sayOnly   = phrases(
		"only .. official|real|genuine|valid|correct|working .. link|address|url|domain|mirror|site", "only .. link|address|url|domain|mirror", "official|real|genuine|correct .. link|links|address|addresses|url|urls|domain|mirror|mirrors|onion",
		"einzige|offizielle|richtige~ .. adresse|adressen|link|links|url|mirror|mirrors", "seule|unique|officielle|vraie .. adresse|url|lien", "adresse|lien|site officielle|officiel", "unica|oficial|verdadera .. direccion|enlace|url", "direccion|enlace|enlaces oficial~",
		"единственн~|официальн~|настоящ~ .. адрес~|ссылк~|зеркал~|сайт~|домен~",
	)
	sayMoved = phrases(
		"we ve|have|are .. moved|moving|migrated", "site|market|forum|shop|board has .. moved|migrated", "new .. address|link|domain|url|onion|home|mirror", "moved to", "umgezogen", "neue~ adresse|domain|link", "nouvelle adresse|url", "demenage", "nueva direccion", "mudado|trasladado",
		"новый|новом .. адрес~|домен~", "переехал~", "новая ссылка",
	)

	sayBlocked = phrases(
		"you|been|ip|circuit|address|session|client|request|requests .. blocked|banned", "rate limit~", "ratelimit~", "rate .. exceeded", "too many requests|connections|attempts", "requests .. too quickly|fast|often", "making .. requests",
		"zu viele|vieler anfragen|zugriffe|versuche", "gesperrt", "trop de requetes|tentatives|connexions", "bloque|bloquee|banni", "demasiadas|demasiados solicitudes|peticiones|intentos", "bloqueado|bloqueada", "слишком много|часто .. запрос~|попыток", "заблокирован~|забанен~",
	)
	sayTooFast = phrases(
		"rate limit~ .. exceeded|reached|hit", "ratelimit~", "too many requests", "you .. have|been|are .. blocked|banned", "your ip|circuit|address|session .. blocked|banned", "zu viele|vieler anfragen|zugriffe", "trop de requetes", "demasiadas solicitudes|peticiones", "слишком много .. запрос~",
	)
)

// Names of signs.
const (
	signPassword = "password field"
	signHeading  = "title or heading"
	signWords    = "words"
	signStatus   = "status"
	signField    = "captcha field or image"
	signService  = "captcha service"
	signRefresh  = "page reloads itself"
	signScript   = "challenge script"
	signCookie   = "script that sets a cookie or reloads"
	signHeader   = "header of a challenge"
	signOther    = "names another onion address, not this one"
)

// login sees a form with a password that is what the page is for.
func (l *look) login() []string {
	if l.status == 401 {
		return []string{signStatus}
	}
	headed := l.heads.has(sayLogin)
	for _, f := range l.forms {
		if f.password == 0 || f.area || f.aside && !headed {
			continue
		}
		members := l.text.has(sayMembers)
		switch {
		case (headed || members) && l.thin(mostLetters, mostLinks, 3):
			return []string{signPassword, signHeading}
		case f.fields > 0 && f.password == 1 && f.choices < 2 && l.thin(400, 8, 0):
			return []string{signPassword}
		case l.thin(80, 3, 0): // a bare gate
			return []string{signPassword}
		}
	}
	return nil
}

// thin reports whether the page has no more substance than this, which is at most
// mostLetters and mostLinks.
func (l *look) thin(letters, links, prices int) bool {
	return l.letters <= letters && l.links <= links && l.prices <= prices
}

// captcha sees a form that asks for nothing but a test.
func (l *look) captcha() []string {
	if !l.thin(800, 12, 1) {
		return nil
	}
	says := l.heads.has(sayCaptcha) || l.text.has(sayCaptcha)
	for _, f := range l.forms {
		switch {
		case f.password > 0 || f.area || f.aside || f.fields > 2:
		case f.captcha && f.fields+f.choices > 0:
			return []string{signField}
		case says && !f.search && (f.fields == 1 || f.choices > 0) && l.thin(400, 5, 0):
			return []string{signWords}
		}
	}
	if l.service && l.thin(400, 5, 0) && !l.asks() {
		return []string{signService}
	}
	return nil
}

// asks reports whether a form wants more than a test.
func (l *look) asks() bool {
	for _, f := range l.forms {
		if !f.aside && (f.password > 0 || f.area || f.fields > 1) {
			return true
		}
	}
	return false
}

func (l *look) queue() []string {
	if !l.thin(600, 3, 0) || l.asks() {
		return nil
	}
	n := l.heads.count(sayQueue) + l.text.count(sayQueue)
	switch {
	case l.refresh && n > 0:
		return []string{signWords, signRefresh}
	case n >= 2 && (l.heads.has(sayQueued) || l.text.has(sayQueued)):
		return []string{signWords}
	}
	return nil
}

func (l *look) ddos() []string {
	if !l.thin(600, 3, 0) || l.asks() {
		return nil
	}
	if l.header.Get("Cf-Mitigated") == "challenge" {
		return []string{signHeader}
	}
	check := l.heads.has(sayCheck) || l.text.has(sayCheck) || l.noJS.has(sayCheck)
	scripts := l.text.has(sayScripts) || l.noJS.has(sayScripts)
	switch {
	case l.script:
		return []string{signScript}
	case check && (scripts || l.reload || l.refresh || l.status >= 400):
		return []string{signWords}
	case scripts && l.reload && l.thin(200, 1, 0):
		return []string{signWords, signCookie}
	}
	return nil
}

func (l *look) suspended() []string {
	if l.links > 3 || l.prices > 0 || l.asks() {
		return nil
	}
	if l.letters <= mostLetters && l.heads.has(sayMaintenanceHead) && l.text.says(sayMaintenance) {
		return []string{signHeading, signWords}
	}
	for _, say := range [][]phrase{saySeized, sayClosed, sayMaintenance} {
		switch {
		case l.letters <= mostLetters && l.heads.says(say):
			return []string{signHeading, signWords}
		case l.letters <= 400 && l.text.says(say):
			return []string{signWords}
		}
	}
	return nil
}

// says reports whether one of ps is stated: none of the words before it denies
// it or puts it off.
func (ws words) says(ps []phrase) bool {
	for _, p := range ps {
		if i := ws.find(p); i >= 0 && !ws[max(i-5, 0):i].has(sayNot) {
			return true
		}
	}
	return false
}

// clone sees a page that gives another onion name as the site's own, or says of
// itself that it is false.
func (l *look) clone() []string {
	other := l.canonical != "" && l.canonical != l.host
	named := l.onions[l.host] || l.canonical == l.host
	password := l.asksPassword()
	if other && (password && l.thin(1500, 12, 0) || l.thin(150, 1, 0)) {
		return []string{signOther}
	}
	if l.thin(1000, 3, 0) && !named && l.accuses() {
		return []string{signWords}
	}
	if named || len(l.onions) == 0 {
		return nil
	}
	says := l.text.has(sayOnly) || l.text.has(sayMoved)
	if says && (l.thin(800, 3, 0) || password && l.thin(1500, 12, 0)) {
		return []string{signOther, signWords}
	}
	return nil
}

func (l *look) asksPassword() bool {
	for _, f := range l.forms {
		if f.password > 0 {
			return true
		}
	}
	return false
}

// accuses reports whether the page says that it is a copy, and under no condition.
func (l *look) accuses() bool {
	for _, p := range sayFake {
		if i := l.text.find(p); i >= 0 && !l.text[max(i-12, 0):i].has(sayUnless) {
			return true
		}
	}
	return false
}

func (l *look) blocked() []string {
	if l.status == 429 {
		return []string{signStatus}
	}
	if !l.thin(600, 3, 0) || l.asks() {
		return nil
	}
	switch {
	case (l.status == 403 || l.status == 503) && (l.heads.has(sayBlocked) || l.text.has(sayBlocked)):
		return []string{signStatus, signWords}
	case l.status < 404 && l.letters <= 300 && (l.heads.has(sayTooFast) || l.text.has(sayTooFast)):
		return []string{signWords}
	}
	return nil
}
