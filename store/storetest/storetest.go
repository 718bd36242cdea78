// Package storetest holds the tests that every engine of [store.Store] must
// pass. In a short run (go test -short) random walks are shorter. An engine's own
// test calls [Run]:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store { … })
//	}
package storetest

import (
	"testing"
	"time"

	"vigil"
	"vigil/store"
)

// Options say which store a test wants.
type Options struct {
	// Case names the case: an empty folder of the test's own. The first time
	// the engine makes a case in it, the next times it opens the same one.
	Case string
	// Now is the clock of the store.
	Now func() time.Time
	// MaxAttempts is how many leases a task gets.
	MaxAttempts int
	// Tool is the program's name and version in log entries.
	Tool string
}

// Run runs the suite. open opens the store that the options describe; the suite
// closes it.
func Run(t *testing.T, open func(t *testing.T, o Options) store.Store) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *env)
	}{
		{"EnqueueIsIdempotent", enqueueIsIdempotent},
		{"EnqueueRefusesTasksThatMakeNoSense", enqueueRefuses},
		{"LeaseRefusesRequestsThatMakeNoSense", leaseRefuses},
		{"LeaseGoesByPriorityThenByAge", leaseOrder},
		{"LeaseKeepsToOneSource", leaseOneSource},
		{"FetchKeepsTheInterval", fetchInterval},
		{"FetchKeepsTheConcurrency", fetchConcurrency},
		{"FetchKeepsTheNumberOfPages", fetchMaxPages},
		{"FetchKeepsTheOrdersPeriod", fetchPeriod},
		{"FetchNeedsAnOrder", fetchUnregistered},
		{"AnExpiredLeaseIsFencedOff", leaseExpiry},
		{"ATakenOverLeaseIsFencedOff", leaseTakeOver},
		{"ALeaseByTaskIsRenewed", leaseRenewal},
		{"ALeaseByTaskIsRefusedWhileHeld", leaseHeld},
		{"ALeaseByTaskKeepsTheSourcesRules", leaseByTaskPolitely},
		{"ReleaseWaits", releaseWaits},
		{"ReleaseGivesUpInTheEnd", releaseGivesUp},
		{"ExpiryGivesUpInTheEnd", expiryGivesUp},
		{"AReviewIsNeverGivenUp", reviewIsNeverGivenUp},
		{"ReturnDoesNotCount", returnDoesNotCount},
		{"BuryIsLogged", buryIsLogged},
		{"BarredPeopleNeverLease", barredNeverLease},
		{"ForemostTasks", foremostTasks},
		{"BelowIsALowerPriority", belowIsLower},
		{"WhatIsPassedOnGoesToOthers", passedGoesToOthers},
		{"PeoplesTasksAreReopened", reopened},
		{"ReopenRefusesWhatMakesNoSense", reopenRefuses},
		{"PeoplesClaimsStay", peoplesClaimsStay},
		{"RequeueStartsAfresh", requeue},
		{"RequeueTakesWhatIsAskedFor", requeueChooses},
		{"RequeueRefusesRequestsThatMakeNoSense", requeueRefuses},
		{"ASetbackIsKept", setbackIsKept},
		{"AFreeSetbackDoesNotCount", aFreeSetbackDoesNotCount},
		{"ParkedTasksWait", parkedTasksWait},
		{"HistoryKeepsTheLatestAttempts", historyKeepsTheLatest},
		{"HistorySaysHowAttemptsEnded", outcomes},
		{"TasksSaySinceWhenAndFromWhere", sinceAndFrom},
		{"TasksNameTheRecordOfTheirLastCommit", recordIsTheLastCommits},
		{"AgainQueuesBehindAllOthers", again},
		{"SourcesSayHowTheyStand", sourcesSayHowTheyStand},
		{"ASetbackRestsItsSource", aSetbackRestsTheSource},
		{"ACommitRestsItsSource", aCommitRestsTheSource},
		{"RestsAreForFetches", restsAreForFetches},
		{"FetchKeepsTheNumberOfBytes", fetchMaxBytes},
		{"PausedSourcesWait", pausedSourcesWait},
		{"OpeningASourceEndsItsRest", openingEndsTheRest},
		{"ARevokedSourceStaysRevoked", revokedStaysRevoked},
		{"StandingsAreLogged", standingsAreLogged},
		{"StandingsThatMakeNoSenseAreRefused", standingsThatMakeNoSense},
		{"AClockSetBackMakesNoWaitLonger", aClockSetBack},
		{"AClockSetBackKeepsLeases", aClockSetBackKeepsLeases},
		{"AClockSetForwardEndsLeases", aClockSetForward},
		{"AClockOfAnotherAgeDoesNoHarm", aClockOfAnotherAge},
		{"CommitIsWholeOrNothing", commitIsAtomic},
		{"CommitAddsNextTasks", commitAddsNext},
		{"CommitLeaseDoesBoth", commitLease},
		{"CommitLeaseDoesBothOrNeither", commitLeaseIsAtomic},
		{"CommitLeaseRefusesRequestsThatMakeNoSense", commitLeaseRefuses},
		{"CommitLeaseSeesWhatTheResultChanged", commitLeaseSeesTheResult},
		{"CommitLeaseKeepsTheSourcesRules", commitLeasePolitely},
		{"RecordsAreVersioned", recordsAreVersioned},
		{"OrdersAndPagesAreWrittenOnce", writtenOnce},
		{"RecordsKeepToTheirOrder", recordsKeepToTheirOrder},
		{"ActsNeedAnActor", actsNeedAnActor},
		{"PagesKeepTheirBodies", pagesKeepTheirBodies},
		{"PagesAreListedOldestFirst", pagesOldestFirst},
		{"ItemsGoByLevelThenByScore", itemsOrder},
		{"ItemsJoinWhatBelongsTogether", itemsJoin},
		{"ItemsThatWait", itemsWaiting},
		{"ItemsFollowANewAssessment", itemsReassessed},
		{"ItemsAreKnownByTheDecisionThatStands", itemsAreKnownBy},
		{"ItemsComeInPages", itemsInPages},
		{"LevelsMatchTheirItems", levelsModel},
		{"AssessedListingsAreFoundByTheirBeginning", assessedByPrefix},
		{"AccountsAreVersioned", accountsAreVersioned},
		{"FiltersAreTheirOwners", filtersAreTheirOwners},
		{"RemarksAreKept", remarksAreKept},
		{"OpinionsThatMakeNoSenseAreRefused", opinionsThatMakeNoSense},
		{"MentionsGoByKeyThenByListing", mentionsOrder},
		{"MentionsAreWhole", mentionsAreWhole},
		{"MentionsComeWithTheirCommit", mentionsComeWithTheirCommit},
		{"MentionsFollowWhatComesLate", mentionsOfWhatComesLate},
		{"MentionsMatchTheirModel", mentionModel},
		{"CapturesStandSideBySide", capturesStandSideBySide},
		{"CapturesThatAreNotThereAreNotFound", capturesNotFound},
		{"SomeIdentifiersNeverLink", someNeverLink},
		{"KeysMayHoldAnything", hostileKeys},
		{"WatchlistsAreLookedUp", listsAreLookedUp},
		{"WatchlistsComeWholeAndOnce", wrongRowsAreRefused},
		{"WatchlistsMayHoldAnything", hostileRows},
		{"WatchlistsMayBeLong", aLongList},
		{"TiesAreVersioned", tiesAreVersioned},
		{"ErasureLeavesNothing", erasureLeavesNothing},
		{"ErasureIsLogged", erasureIsLogged},
		{"ErasureOfManyVersions", erasureOfManyVersions},
		{"ErasureOfManyPages", erasureOfManyPages},
		{"ErasureKeepsWhatOthersNeed", erasureKeepsWhatOthersNeed},
		{"ErasureKeepsAddressesThatMoved", erasureKeepsAddressesThatMoved},
		{"ErasureIsWholeOrNothing", erasureIsAtomic},
		{"WhatIsHeldIsNotErased", heldIsNotErased},
		{"HoldsTakeTwoToLift", holdsTakeTwoToLift},
		{"ErasureTakesWhatPeopleNoted", erasureTakesOpinions},
		{"ErasedAddressesAreForgotten", erasedAddresses},
		{"ErasedListsLeaveNothing", erasedLists},
		{"ErasedListingsTakeTheirTies", erasedTies},
		{"WhatWasErasedMayComeAgain", erasedComesAgain},
		{"LogsProveTheirEntries", logsProve},
		{"ViewsNameOnlyWhatIsThere", viewsNameRecords},
		{"WhatIsNotThereIsNotFound", notFound},
		{"TheLoopMayChangeTheStore", loopMayWrite},
		{"ReopeningKeepsAll", reopen},
		{"VerifyFindsNothingWrong", verifyClean},
		{"ACopyIsTheSame", copyIsTheSame},
		{"ACopyThatIsBrokenOffGoesOn", copyGoesOn},
		{"ACopyLeavesOtherCasesAlone", copyKeepsOthers},
		{"ImportRefusesWhatIsNotWhole", importRefuses},
		{"RepairChangesNothingThatIsWhole", repairChangesNothing},
		{"CancelledCallsChangeNothing", cancelled},
		{"EightWorkersLoseNothing", workers},
		{"TheLeaseProtocolMatchesItsModel", model},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, newEnv(t, open))
		})
	}
	RunSearch(t, open)
}

// rounds returns how far a random walk goes: n, and a quarter of that in a short
// run, as that under the race detector is.
func rounds(n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}

// An env is a store under test with its clock.
type env struct {
	store.Store
	t     *testing.T
	o     Options
	clock *clock
	open  func(*testing.T, Options) store.Store
}

func newEnv(t *testing.T, open func(*testing.T, Options) store.Store) *env {
	e := &env{t: t, clock: &clock{now: day}, open: open}
	e.o = Options{Case: t.TempDir(), Now: e.clock.Now, MaxAttempts: 3, Tool: "storetest 1"}
	e.Store = open(t, e.o)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// reopen closes the store and opens it anew.
func (e *env) reopen() {
	e.t.Helper()
	if err := e.Close(); err != nil {
		e.t.Fatalf("close: %v", err)
	}
	e.Store = e.open(e.t, e.o)
}

// order registers an order with one source, and returns the source.
func (e *env) order(id string, rules vigil.Source) vigil.Source {
	e.t.Helper()
	rules.Order = id
	if rules.Name == "" {
		rules.Name = "market-a"
	}
	if rules.NotAfter.IsZero() {
		rules.NotBefore, rules.NotAfter = day.Add(-time.Hour), day.Add(1000*time.Hour)
	}
	o := vigil.Order{Version: 1, ID: id, Case: "CASE-1", NotBefore: rules.NotBefore, NotAfter: rules.NotAfter, Sources: []vigil.Source{rules}, File: []byte("id = " + id)}
	e.record(o, vigil.ActAuthorize)
	return rules
}

// record commits a record that must be taken.
func (e *env) record(r vigil.Record, action string, next ...vigil.Task) vigil.Event {
	e.t.Helper()
	_, _, order := r.Ref()
	ev, err := e.Record(e.t.Context(), vigil.Result{Act: act(action, order), Record: r, Next: next})
	if err != nil {
		e.t.Fatalf("record: %v", err)
	}
	return ev
}

func (e *env) enqueue(ts ...vigil.Task) {
	e.t.Helper()
	if _, err := e.Enqueue(e.t.Context(), ts...); err != nil {
		e.t.Fatalf("enqueue: %v", err)
	}
}

// lease asks for up to n tasks of a stage for a minute.
func (e *env) lease(st vigil.Stage, n int) (ts []vigil.Task, next time.Time) {
	e.t.Helper()
	ts, next, err := e.Lease(e.t.Context(), store.LeaseRequest{Stage: st, Holder: "w", N: n, TTL: time.Minute})
	if err != nil {
		e.t.Fatalf("lease: %v", err)
	}
	return ts, next
}

// leaseOne leases exactly one task.
func (e *env) leaseOne(st vigil.Stage) vigil.Task {
	e.t.Helper()
	ts, _ := e.lease(st, 1)
	if len(ts) != 1 {
		e.t.Fatalf("leased %d %s tasks, want 1", len(ts), st)
	}
	return ts[0]
}

// none leases nothing, and returns when to ask again.
func (e *env) none(st vigil.Stage) (next time.Time) {
	e.t.Helper()
	ts, next := e.lease(st, 8)
	if len(ts) != 0 {
		e.t.Fatalf("leased %v, want nothing", subjects(ts))
	}
	return next
}

// entries returns a log whole.
func (e *env) entries(order string) (es []vigil.Entry) {
	e.t.Helper()
	for en, err := range e.Log(e.t.Context(), order) {
		if err != nil {
			e.t.Fatalf("log %q: %v", order, err)
		}
		es = append(es, en)
	}
	return es
}

func (e *env) task(id string) vigil.Task {
	e.t.Helper()
	t, err := e.Task(e.t.Context(), id)
	if err != nil {
		e.t.Fatal(err)
	}
	return t
}
