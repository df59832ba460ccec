//! Turns in a time that the tests make themselves: nothing here waits.

use super::*;

const PATIENCE: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_secs(60);

/// One caller in the made-up time.
struct Caller {
    method: Method,
    channel: Option<String>,
    key: Option<String>,
    urgent: bool,
    /// When it asks, or asks again.
    asks: Instant,
    /// How late it comes back for a turn that was kept.
    late: Duration,
}

/// Who went when, in order.
type Departures = Vec<(Instant, usize)>;

impl Caller {
    fn new(method: Method, asks: Instant) -> Self {
        Self { method, channel: None, key: None, urgent: false, asks, late: Duration::ZERO }
    }

    fn post(channel: &str, asks: Instant) -> Self {
        Self { channel: Some(channel.to_owned()), ..Self::new(Method::PostMessage, asks) }
    }

    fn urgent(self) -> Self {
        Self { urgent: true, ..self }
    }

    fn delivery(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    fn turn(&self) -> Turn<'_> {
        match (&self.key, self.urgent) {
            (Some(key), _) => Turn::Delivery(key),
            (None, true) => Turn::Urgent,
            (None, false) => Turn::Patient,
        }
    }
}

/// Lets all callers go, each step at its moment, and tells the departures. Who waits here has only so long a wait.
fn run(pacer: &Pacer, mut callers: Vec<Caller>) -> Departures {
    let mut waiting: Vec<(Instant, usize, Planned<'_>)> = Vec::new();
    let mut asking: Vec<usize> = (0..callers.len()).collect();
    let mut gone = Departures::new();
    loop {
        let asks = asking.iter().copied().min_by_key(|index| callers[*index].asks);
        let goes = (0..waiting.len()).min_by_key(|place| waiting[*place].0);
        let (asks_at, goes_at) = (asks.map(|index| callers[index].asks), goes.map(|place| waiting[place].0));
        match (asks, goes) {
            (Some(index), _) if goes_at.is_none_or(|at| asks_at.unwrap() <= at) => {
                asking.retain(|other| *other != index);
                let now = callers[index].asks;
                let caller = &callers[index];
                match pacer.plan(caller.method, caller.channel.as_deref(), caller.turn(), now) {
                    Ok(planned) => {
                        let at = planned.turn.at.max(now);
                        assert!(caller.key.is_none() || at - now <= PATIENCE, "it waits too long here");
                        waiting.push((at, index, planned));
                    }
                    Err(NotYet { after }) => {
                        assert!(after > PATIENCE && caller.key.is_some());
                        callers[index].asks = now + after + callers[index].late;
                        asking.push(index);
                    }
                }
            }
            (_, Some(place)) => {
                let (now, index, mut planned) = waiting.swap_remove(place);
                match pacer.depart(&mut planned, callers[index].turn(), now) {
                    Some(at) => gone.push((at, index)),
                    None => {
                        callers[index].asks = now;
                        asking.push(index);
                    }
                }
            }
            _ => break,
        }
    }
    gone.sort();
    gone
}

/// The most departures in any span of this length.
fn most_in(gone: &[Instant], span: Duration) -> usize {
    let counts =
        gone.iter().map(|first| gone.iter().filter(|at| *at >= first && **at < *first + span).count());
    counts.max().unwrap_or_default()
}

fn times(gone: &Departures) -> Vec<Instant> {
    gone.iter().map(|(at, _)| *at).collect()
}

fn pacer(messages_per_minute: u32) -> Pacer {
    Pacer::new(messages_per_minute, PATIENCE, false)
}

#[test]
fn no_minute_holds_more_than_the_tier_and_it_is_used() {
    for (method, tier) in [(Method::UsersList, 20), (Method::Replies, 50), (Method::ViewsOpen, 100)] {
        let (pacer, start) = (pacer(300), Instant::now());
        let gone = run(&pacer, (0..200).map(|_| Caller::new(method, start)).collect());
        let most = most_in(&times(&gone), MINUTE);
        assert!(most <= tier && most + 3 >= tier, "{method:?}: {most}");
        assert_eq!(gone[1].0, start, "a few go at once");
    }
}

#[test]
fn people_and_work_together_keep_to_the_tier_and_people_go_first() {
    let (pacer, start) = (pacer(300), Instant::now());
    let work = (0..150).map(|_| Caller::new(Method::UsersInfo, start));
    let clicks = (0..5).map(|_| Caller::new(Method::UsersInfo, start + Duration::from_secs(1)).urgent());
    let gone = run(&pacer, work.chain(clicks).collect());
    let clicks: Vec<_> = gone.iter().filter(|(_, index)| *index >= 150).collect();
    assert!(clicks[..3].iter().all(|(at, _)| *at == start + Duration::from_secs(1)), "{clicks:?}");
    assert!(clicks.iter().all(|(at, _)| *at < start + Duration::from_secs(8)), "{clicks:?}");
    assert!(most_in(&times(&gone), MINUTE) <= 100);
}

#[test]
fn a_channel_takes_one_message_a_second_and_holds_up_no_other() {
    let (pacer, start) = (pacer(300), Instant::now());
    let mut callers: Vec<Caller> = (0..30).map(|_| Caller::post("C1", start)).collect();
    callers.push(Caller::post("C2", start));
    let gone = run(&pacer, callers);
    let busy: Vec<Instant> = gone.iter().filter(|(_, index)| *index < 30).map(|(at, _)| *at).collect();
    assert_eq!(most_in(&busy, Duration::from_secs(1)), 1);
    assert_eq!(busy[29] - start, Rate::CHANNEL.spacing * 29, "as fast as that allows");
    assert!(gone.contains(&(start, 30)), "the other channel's goes at once");
}

#[test]
fn two_hundred_channels_are_posted_to_as_fast_as_the_workspace_allows() {
    let (pacer, start) = (pacer(300), Instant::now());
    let callers = (0..200).map(|n| Caller::post(&format!("C{n}"), start).delivery(&format!("round:{n}")));
    let gone = times(&run(&pacer, callers.collect()));
    assert!(most_in(&gone, MINUTE) <= 300);
    assert!(most_in(&gone, Duration::from_secs(1)) <= 15);
    assert!(gone[199] - start < Duration::from_secs(41), "{:?}", gone[199] - start);
}

#[test]
fn those_who_come_back_late_meet_no_limit() {
    let (pacer, start) = (pacer(300), Instant::now());
    let callers = (0..300).map(|n| {
        // Two messages a channel, and each caller late in its own way.
        let caller = Caller::post(&format!("C{}", n / 2), start).delivery(&format!("round:{n}"));
        Caller { late: Duration::from_millis(700 * (n % 9)), ..caller }
    });
    let gone = run(&pacer, callers.collect());
    assert_eq!(gone.len(), 300);
    assert!(most_in(&times(&gone), MINUTE) <= 300);
    for channel in 0..150 {
        let of_channel: Vec<_> = gone.iter().filter(|(_, index)| index / 2 == channel).collect();
        assert!(of_channel[1].0 - of_channel[0].0 >= Rate::CHANNEL.spacing, "{of_channel:?}");
    }
}

#[test]
fn a_kept_turn_is_given_to_its_key_at_its_time() {
    let (pacer, start) = (pacer(60), Instant::now());
    let plan = |key, now| pacer.plan(Method::PostMessage, Some("C1"), Turn::Delivery(key), now);
    let now = |planned: Planned<'_>| planned.turn.at;
    for _ in 0..2 {
        pacer.plan(Method::PostMessage, Some("C1"), Turn::Patient, start).map(std::mem::forget).unwrap();
    }
    assert_eq!(plan("a", start).unwrap_err(), NotYet { after: Duration::from_millis(2_100) });
    assert_eq!(plan("b", start).unwrap_err(), NotYet { after: Duration::from_millis(3_150) });
    // Asked too early, the turn is the same.
    assert_eq!(plan("b", start).unwrap_err(), NotYet { after: Duration::from_millis(3_150) });
    let (a, b) = (start + Duration::from_millis(2_100), start + Duration::from_millis(3_150));
    assert_eq!(now(plan("a", a).unwrap()), a);
    assert_eq!(now(plan("b", b - PATIENCE).unwrap()), b, "a little early: it waits here");
}

#[test]
fn a_turn_that_nobody_comes_for_lapses() {
    let (pacer, start) = (pacer(300), Instant::now());
    let plan = |key, now| {
        pacer.plan(Method::PostMessage, Some("C1"), Turn::Delivery(key), now).map(std::mem::forget)
    };
    for key in ["a", "b", "c"] {
        plan(key, start).ok();
    }
    assert_eq!(pacer.lock().kept.len(), 1, "c's");
    plan("d", start + MINUTE).unwrap();
    assert_eq!(pacer.lock().kept.len(), 1);
    plan("d", start + MINUTE + Duration::from_secs(3)).unwrap();
    assert_eq!(pacer.lock().kept.len(), 0);
}

#[test]
fn what_is_kept_is_bounded() {
    let (pacer, start) = (pacer(300), Instant::now());
    for n in 0..KEPT_MAX + 100 {
        pacer.plan(Method::UsersList, None, Turn::Delivery(&n.to_string()), start).map(std::mem::forget).ok();
    }
    assert_eq!(pacer.lock().kept.len(), KEPT_MAX);
    for n in 0..2 * IDLE_LANES_MAX {
        let at = start + Duration::from_secs(u64::try_from(n).unwrap());
        pacer
            .plan(Method::PostMessage, Some(&format!("C{n}")), Turn::Patient, at)
            .map(std::mem::forget)
            .unwrap();
    }
    assert!(pacer.lock().lanes.len() <= IDLE_LANES_MAX + 2);
}

#[test]
fn who_goes_away_takes_no_turn() {
    let (pacer, start) = (pacer(300), Instant::now());
    let plan = || pacer.plan(Method::PostMessage, Some("C1"), Turn::Patient, start).unwrap();
    let _first = plan();
    let second = plan();
    let at = second.turn.at;
    assert!(at > start);
    drop(second);
    assert_eq!(plan().turn.at, at);
}

#[test]
fn a_refusal_rests_the_channel_and_then_the_workspace() {
    let pacer = pacer(300);
    let at = |channel: &str| {
        let planned = pacer.plan(Method::PostMessage, Some(channel), Turn::Patient, Instant::now()).unwrap();
        planned.turn.at
    };
    let rest = Duration::from_secs(30);
    pacer.refused(Method::PostMessage, Some("C1"), rest);
    let before = Instant::now() + rest - Duration::from_secs(5);
    assert!(at("C1") > before && at("C2") < before);
    pacer.refused(Method::PostMessage, Some("C1"), rest);
    assert!(at("C2") > before);
    pacer.refused(Method::UsersInfo, None, rest);
    let info = pacer.plan(Method::UsersInfo, None, Turn::Urgent, Instant::now()).unwrap();
    assert!(info.turn.at > before, "also for people who wait");
}

#[test]
fn whoever_was_in_line_before_a_refusal_stands_in_line_anew_and_no_burst_follows() {
    let (pacer, start) = (pacer(300), Instant::now());
    let mut planned: Vec<_> =
        (0..40).map(|_| pacer.plan(Method::Replies, None, Turn::Patient, start).unwrap()).collect();
    let over = Instant::now() + Duration::from_secs(100);
    pacer.refused(Method::Replies, None, Duration::from_secs(100));
    let mut lost = 0;
    for planned in &mut planned {
        let at = planned.turn.at;
        lost += usize::from(pacer.depart(planned, Turn::Patient, at).is_none());
    }
    assert_eq!(lost, 40);
    let gone = times(&run(&pacer, (0..20).map(|_| Caller::new(Method::Replies, start)).collect()));
    assert!(gone[0] >= over, "{:?}", over - gone[0]);
    assert!(gone.windows(2).all(|pair| pair[1] - pair[0] > Duration::from_secs(1)), "evenly");
}

#[test]
fn without_limits_only_a_refusal_is_waited_for() {
    let (pacer, start) = (Pacer::new(300, PATIENCE, true), Instant::now());
    let gone = run(&pacer, (0..500).map(|_| Caller::post("C1", start)).collect());
    assert!(gone.iter().all(|(at, _)| *at == start));
    pacer.refused(Method::PostMessage, Some("C1"), Duration::from_secs(30));
    let next = pacer.plan(Method::PostMessage, Some("C1"), Turn::Delivery("a"), Instant::now()).unwrap_err();
    assert!(next.after > Duration::from_secs(25));
}

#[tokio::test]
async fn a_turn_that_is_free_is_given_at_once_and_a_far_one_is_told() {
    let pacer = pacer(300);
    for _ in 0..2 {
        pacer.acquire(Method::UsersList, None, Turn::Delivery("a")).await.unwrap();
    }
    pacer.refused(Method::UsersList, None, Duration::from_secs(30));
    let told = pacer.acquire(Method::UsersList, None, Turn::Delivery("a")).await.unwrap_err();
    assert!(told.after > Duration::from_secs(25));
}

#[test]
fn a_message_that_took_long_on_its_way_moves_the_next_one_in_its_channel() {
    let start = Instant::now();
    let mut lane = Lane::new(Rate::CHANNEL, start);
    lane.take(start);
    let landed = start + Duration::from_millis(400);
    lane.landed(landed);
    assert_eq!(lane.open_at(landed), landed + Rate::CHANNEL.spacing);
    assert_eq!(lane.earliest(landed, landed), landed + Rate::CHANNEL.spacing);
}
