package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil"
	"vigil/internal/access"
)

// A right is what a command does to a case; "" for what every account may, or what
// opens no case. It is asked when the case is opened, and once more by what the
// command calls.
//
// Roles on one machine keep honest people from slips: who can read the case's file
// and its key can do what the file allows. The server enforces them for all others.
func rights() map[string]access.Act {
	return map[string]access.Act{
		"vigil": "", "vigil init": "", "vigil demo": "", "vigil taxonomy": "", "vigil eval": "", "vigil train": "", "vigil verify": "",
		"vigil identifiers": "", "vigil restore": access.Settings, "vigil copy": access.Settings,
		"vigil db": "", "vigil db init": "", "vigil db grant": "", // the database decides

		"vigil authorize": access.Authorise,
		"vigil source":    access.ReadCase, "vigil source list": access.ReadCase, "vigil source pause": access.Crawl, "vigil source resume": access.Crawl,
		"vigil session": "", "vigil session import": access.Crawl, "vigil session list": access.ReadCase, "vigil session forget": access.Crawl,
		"vigil crawl": access.Crawl, "vigil why": access.ReadCase,
		"vigil import": access.Crawl, "vigil extract": access.Crawl, "vigil classify": access.Crawl, "vigil run": access.Crawl,
		"vigil serve":   access.ReadCase,
		"vigil profile": "", "vigil profile list": "", "vigil profile check": "",

		"vigil watchlist": access.Watchlists, "vigil watchlist list": access.Watchlists, "vigil watchlist import": access.Watchlists,
		"vigil watchlist rows": access.Watchlists, "vigil watchlist hits": access.ReadHits,
		"vigil link": access.ReadLinks, "vigil link cut": access.Tie, "vigil link join": access.Tie, "vigil link undo": access.Tie, "vigil link ties": access.ReadLinks,
		"vigil duplicates": access.Search, "vigil search": access.Search, "vigil export": access.Export,

		"vigil review": access.ReadQueue, "vigil review next": access.Decide, "vigil review show": access.ReadItem,
		"vigil review decide": access.Decide, "vigil review stats": access.ReadStats, "vigil review queue": access.ReadQueue,
		"vigil review undo": access.Decide, "vigil review pass": access.Decide, "vigil review assign": access.Assign, "vigil review cluster": access.ReadItem,
		"vigil review note": access.Remark, "vigil review tag": access.Remark, "vigil review untag": access.Remark, "vigil review come-back": access.Remark,
		"vigil review followups": access.ReadQueue, "vigil review filters": "", "vigil review filters save": "", "vigil review filters end": "",

		"vigil bundle": access.Draft, "vigil bundle list": access.ReadBundles, "vigil bundle show": access.ReadBundles,
		"vigil bundle seal": access.Seal, "vigil bundle approve": access.Approve, "vigil bundle release": access.Release,
		"vigil bundle disclose": access.Seal, "vigil bundle unveil": access.Seal, "vigil bundle timestamp": access.Seal,
		"vigil bundle acknowledge": access.Release, "vigil bundle recall": access.Release,

		"vigil log": access.ReadLog, "vigil log verify": access.CheckLog, "vigil log prove": access.CheckLog,
		"vigil log checkpoint": access.CheckLog, "vigil log anchor": access.CheckLog,
		"vigil check": access.CheckLog,

		"vigil key": "", "vigil key list": "", "vigil key add-recipient": access.Settings, "vigil key remove-recipient": access.Settings, "vigil key rotate": access.Settings,
		"vigil backup": access.Settings,
		"vigil hold":   "", "vigil hold set": access.Hold, "vigil hold lift": access.Hold, "vigil hold list": access.Hold, "vigil purge": access.Erase,

		"vigil user": access.Accounts, "vigil user list": access.Accounts, "vigil user add": access.Accounts, "vigil user grant": access.Accounts,
		"vigil user confirm": access.Accounts, "vigil user disable": access.Accounts, "vigil user enable": access.Accounts, "vigil user reset": access.Accounts,
		"vigil user token": "",
	}
}

// person returns who runs the program, as the case knows them, if they may run the
// command that is running.
func (a *app) person(ctx context.Context, st accounts) (access.Person, error) {
	p, err := personNamed(ctx, st, a.who())
	path := a.commandPath()
	if err != nil {
		return access.Person{Account: a.who()}, fmt.Errorf("%s: %w", path, err)
	}
	if p.Solo {
		return p, nil
	}
	act, ok := rights()[path]
	if !ok {
		return p, fmt.Errorf("%s: %w: no role allows it", path, vigil.ErrRefused)
	}
	if act == "" {
		return p, nil
	}
	if err := p.May(act, time.Now()); err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// commandPath names the command that is running; it is empty outside of one.
func (a *app) commandPath() string {
	if a.running == nil {
		return ""
	}
	return a.running.CommandPath()
}

// mayRun is person for a case that is open for writing: what is refused is logged.
func (a *app) mayRun(st interface {
	accounts
	Record(ctx context.Context, r vigil.Result) (vigil.Event, error)
}) (access.Person, error) {
	ctx := context.Background() // a refusal is logged even while the program is being stopped
	p, err := a.person(ctx, st)
	if !errors.Is(err, vigil.ErrRefused) || isDenied(err) {
		return p, err
	}
	_, lerr := st.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: a.who(), Action: vigil.ActDenied, Object: vigil.Object{Type: vigil.TypeAccount, ID: a.who()}, Details: map[string]string{"command": a.commandPath()},
	}})
	return p, errors.Join(err, lerr)
}
