//! The report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.
//!
//! All text goes through maud, which escapes it: a token may call itself what it likes.

use alloy::primitives::{Address, U256};
use ballast::words::{self, Names};
use maud::{html, Markup, PreEscaped, DOCTYPE};

use crate::{charts, history::Rebalance, state::Budgets, style::STYLE, Report};

/// Sections by id and title, in order.
const SECTIONS: [(&str, &str); 7] = [
    ("allocation", "Allocation"),
    ("value", "Value of a share"),
    ("rebalances", "Rebalances"),
    ("limits", "Budgets and auction"),
    ("pending", "Pending changes"),
    ("roles", "Roles"),
    ("health", "Feeds and programs"),
];

/// Nothing may be fetched, run or embedded: even a mistake of ours could not load anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// The page.
pub fn html(report: &Report) -> String {
    let state = &report.state;
    let names = state.names();
    let title = format!("Treasury {}", short(state.vault));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("ballast ", env!("CARGO_PKG_VERSION")));
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "Skip to the report" }
                header {
                    h1 { "Treasury report" }
                    p.quiet {
                        "Vault " code { (state.vault) } " on chain " (state.chain_id) ", as of "
                        (when(state.at)) ", block " (report.block) "."
                    }
                    nav aria-label="Sections" {
                        ul { @for (id, title) in SECTIONS { li { a href={"#" (id)} { (title) } } } }
                    }
                }
                main id="content" {
                    (summary(report))
                    @for ((id, title), body) in SECTIONS.iter().zip(bodies(report, &names)) {
                        section aria-labelledby=(id) {
                            h2 id=(id) { (title) }
                            (body)
                        }
                    }
                }
                footer {
                    p {
                        "Everything here was read from the chain. Values are in US dollars at the oracle's prices; weights and costs "
                        "are parts of net asset value unless said otherwise. Redeeming in kind needs no price and cannot be paused."
                    }
                }
            }
        }
    }
    .into_string()
}

fn bodies(report: &Report, names: &Names) -> [Markup; 7] {
    [
        allocation(report, names),
        value(report),
        rebalances(report, names),
        limits(report),
        pending(report),
        roles(report),
        health(report),
    ]
}

fn summary(report: &Report) -> Markup {
    let state = &report.state;
    let dollars =
        |wad: Option<U256>| wad.map_or("not known".into(), |wad| format!("${}", words::usd(wad)));
    let percent = |bps: Option<u64>| {
        bps.map_or("not known".into(), |bps| {
            words::percent_bps(U256::from(bps))
        })
    };
    html! {
        @if let Some(refused) = &state.refused {
            div.note role="note" {
                p {
                    strong { @if state.nav_wad.is_none() { "The value is not known now. " } @else { "No rebalance can be judged now. " } }
                    (refused.message)
                }
                @if let Some(next) = &refused.next { p { "What to do: " (next) "." } }
            }
        }
        dl.figures {
            div { dt { "Net asset value" } dd { (dollars(state.nav_wad)) } }
            div { dt { "Value of a share" } dd {
                @match state.nav_per_share_wad {
                    Some(wad) => { "$" (four(wad)) }
                    None => { "not known" }
                }
            } }
            div { dt { "Shares" } dd { (words::grouped(&words::decimal(state.supply / wad(), 0))) } }
            div { dt { "Distance to the targets" } dd { (percent(state.distance_bps)) } }
            div { dt { "A rebalance is due for" } dd { (state.reason.unwrap_or("not known")) } }
            div { dt { "Rebalances so far" } dd {
                @match state.rebalances { Some(count) => (count), None => { "not known" } }
            } }
        }
    }
}

fn allocation(report: &Report, names: &Names) -> Markup {
    let state = &report.state;
    html! {
        @if state.nav_wad.is_some() { (figure("Chart of the allocation", &charts::allocation(report))) }
        div.wide tabindex="0" role="region" aria-label="Allocation against targets" {
            table {
                caption { "What is held, against what is wanted. Drift beyond the band makes a rebalance due." }
                thead { tr {
                    th scope="col" { "Asset" }
                    th.n scope="col" { "Held" }
                    th.n scope="col" { "Price" }
                    th.n scope="col" { "Value" }
                    th.n scope="col" { "Weight" }
                    th.n scope="col" { "Target" }
                    th.n scope="col" { "Band ±" }
                    th scope="col" { "Standing" }
                } }
                tbody {
                    @for asset in &state.assets {
                        tr {
                            th scope="row" { (asset.token.symbol) }
                            td.n { (amount(asset.held, asset.token.decimals)) }
                            td.n { @match asset.price_d36 {
                                Some(price) => (words::price(price, asset.token.token, names)),
                                None if asset.mode == "quarantined" => { "not asked" }
                                None => { "refused" }
                            } }
                            td.n { @match asset.value_wad { Some(value) => { "$" (words::usd(value)) } None => { "–" } } }
                            td.n { @match asset.weight_bps { Some(bps) => (words::percent_bps(U256::from(bps))), None => { "–" } } }
                            td.n { (words::percent_bps(U256::from(asset.target_bps))) }
                            td.n { (words::percent_bps(U256::from(asset.band_bps))) }
                            td { (standing(asset)) }
                        }
                    }
                }
            }
        }
    }
}

fn standing(asset: &crate::state::Asset) -> Markup {
    let drift = asset
        .weight_bps
        .map(|weight| weight.abs_diff(asset.target_bps));
    let outside = drift.is_some_and(|drift| drift > asset.band_bps && asset.band_bps > 0);
    html! {
        @if asset.mode != "normal" { span.wait { (asset.mode) } }
        @else if outside { span.bad { "outside its band" } }
        @else if drift.is_some() { span.good { "within its band" } }
        @else { "not priced" }
        @if !asset.claims.is_zero() {
            ", " (amount(asset.claims, asset.token.decimals)) " owed as claims"
        }
    }
}

fn value(report: &Report) -> Markup {
    html! {
        @if report.value.len() > 1 { (figure("Chart of the value of a share", &charts::value(report))) }
        @else { p { "There is no history yet: a value is known after every rebalance." } }
    }
}

fn rebalances(report: &Report, names: &Names) -> Markup {
    html! {
        @if report.rebalances.is_empty() { p { "There was none yet." } }
        @else {
            (figure("Chart of costs and bounds", &charts::costs(report)))
            div.wide tabindex="0" role="region" aria-label="Every rebalance" {
                table {
                    caption { "Newest first. The cost is what was lost of what was sold, at the oracle's prices; below zero is a gain. It can never exceed its bound." }
                    thead { tr {
                        th.n scope="col" { "No." }
                        th scope="col" { "Time, reason" }
                        th scope="col" { "Moved" }
                        th.n scope="col" { "Turnover" }
                        th.n scope="col" { "Cost" }
                        th.n scope="col" { "Bound" }
                        th.n scope="col" { "Distance" }
                        th scope="col" { "Keeper" }
                    } }
                    tbody {
                        @for done in report.rebalances.iter().rev() {
                            tr {
                                th.n scope="row" { (done.nonce) }
                                td.t { (when(done.at)) br; "due for: " (done.reason) }
                                td.t { (moved(done, names)) }
                                td.n { (words::percent_bps(U256::from(done.turnover_bps))) }
                                td.n { (signed_bps(done.cost_bps)) }
                                td.n { (words::percent_bps(U256::from(done.allowed_bps))) }
                                td.n { (rough(done.distance_before_wad)) " → " (rough(done.distance_after_wad)) }
                                td { code title=(done.keeper) { (short(done.keeper)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What left and what came, a line each, told apart by words.
fn moved(done: &Rebalance, names: &Names) -> Markup {
    let sold = done.trades.iter().map(|t| ("sold ", t.token, t.sold));
    let bought = done.trades.iter().map(|t| ("bought ", t.token, t.bought));
    let some = sold.chain(bought).filter(|(.., amount)| !amount.is_zero());
    html! {
        @for (index, (how, token, moved)) in some.enumerate() {
            @if index > 0 { br; }
            (how)
            @match names.get(&token) {
                Some((symbol, decimals)) => { (amount(moved, *decimals)) " " (symbol) }
                None => { (moved) " of " code { (short(token)) } }
            }
        }
    }
}

fn limits(report: &Report) -> Markup {
    let state = &report.state;
    let left = |budget: fn(&Budgets) -> U256| {
        let left = state.budgets.as_ref().map(budget);
        left.map_or("not known".into(), words::percent_wad)
    };
    let budgets = [
        ("Losses at once", left(|budgets| budgets.loss_wad)),
        ("Losses in a year", left(|budgets| budgets.yearly_loss_wad)),
        ("Sold", left(|budgets| budgets.turnover_wad)),
    ];
    let is_told = |what: &str| {
        state
            .untold
            .iter()
            .all(|untold| untold.what.iter().all(|w| w != what))
    };
    html! {
        p { "What rebalances may still lose and sell now, in parts of net asset value. Budgets refill with time; gains refill nothing." }
        table {
            caption { "Budgets left" }
            thead { tr { th scope="col" { "Budget" } th.n scope="col" { "Left" } } }
            tbody { @for (name, left) in budgets { tr { th scope="row" { (name) } td.n { (left) } } } }
        }
        @match &state.auction {
            Some(auction) => p {
                "An auction is open since " (when(auction.opened_at)) ": " (words::percent_bps(U256::from(auction.released_bps)))
                " of slippage is released, everything from " (when(auction.ramp_end)) " on; it is void from " (when(auction.until)) "."
            },
            None if is_told("the auction") => p { "No auction is open." },
            None => p { "Whether an auction is open is not known." }
        }
        @if let Some(next) = state.next_rebalance_at.filter(|next| *next > state.at) {
            p { "The next rebalance may be made from " (when(next)) "." }
        }
        @if state.wound_down { p { span.wait { "The treasury is wound down" } ": shares can only be redeemed." } }
        @for (what, until) in [("Rebalancing", state.rebalancing_paused_until), ("Minting", state.minting_paused_until)] {
            @if until > state.at && !state.wound_down { p { span.wait { (what) " is paused" } " until " (when(until)) "." } }
        }
    }
}

fn pending(report: &Report) -> Markup {
    let state = &report.state;
    html! {
        @if state.pending.is_empty() { p { "Nothing is pending." } }
        @else {
            div.wide tabindex="0" role="region" aria-label="Pending changes" {
                table {
                    caption { "What was decided and is not, or not wholly, in force" }
                    thead { tr { th scope="col" { "What" } th scope="col" { "Change" } th scope="col" { "Ready" } } }
                    tbody { @for change in &state.pending { tr {
                        th scope="row" { (change.what) } td { (change.words) } td.t { (when(change.ready_at)) }
                    } } }
                }
            }
        }
        @if !state.guardian.is_empty() {
            table {
                caption { "Acts of the guardian in force; each ends by itself" }
                thead { tr { th scope="col" { "Act" } th scope="col" { "Until" } } }
                tbody { @for act in &state.guardian { tr { th scope="row" { (act.words) } td.t { (when(act.until)) } } } }
            }
        }
    }
}

fn roles(report: &Report) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Roles" {
            table {
                caption { "Who may do what, as the policy answers now for everybody who was ever named" }
                thead { tr { th scope="col" { "Role" } th scope="col" { "Account" } th scope="col" { "Standing" } } }
                tbody { @for role in &report.roles { tr {
                    th scope="row" { (role.role) }
                    td { code { (role.account) } }
                    td { @match role.from {
                        Some(from) => { span.wait { "waits" } " until " (when(from)) }
                        None => (role.standing)
                    } }
                } } }
            }
        }
    }
}

fn health(report: &Report) -> Markup {
    let now = report.state.at;
    html! {
        div.wide tabindex="0" role="region" aria-label="Price feeds" {
            table {
                caption { "Price feeds: age of the last answer against what is promised" }
                thead { tr {
                    th scope="col" { "Asset" } th scope="col" { "Feed" } th.n scope="col" { "Age" } th.n scope="col" { "Promised" } th scope="col" { "Standing" }
                } }
                tbody { @for feed in &report.feeds { tr {
                    th scope="row" { (feed.symbol) }
                    td { code title=(feed.feed) { (short(feed.feed)) } }
                    td.n { @match feed.updated_at { Some(at) => (span(now.saturating_sub(at))), None => { "–" } } }
                    td.n { (span(feed.heartbeat)) }
                    td { @match &feed.refused {
                        Some(refused) => { span.bad { "refused" } " " (refused.message) }
                        None => span.good { "answers in time" }
                    } }
                } } }
            }
        }
        div.wide tabindex="0" role="region" aria-label="Programs" {
            table {
                caption { "Programs: each must be kept alive once a year, which anybody may do" }
                thead { tr {
                    th scope="col" { "Program" } th scope="col" { "Address" } th.n scope="col" { "Time left" } th scope="col" { "Cached" }
                } }
                tbody { @for program in &report.programs { tr {
                    th scope="row" { (program.name) }
                    td { code title=(program.address) { (short(program.address)) } }
                    td.n { @match program.expires_at {
                        Some(at) if at.saturating_sub(now) < 30 * 86_400 => span.wait { (span(at.saturating_sub(now))) ", keep it alive" },
                        Some(at) => (span(at.saturating_sub(now))),
                        None => span.bad { "not active" }
                    } }
                    td { @match program.cached { Some(true) => { "yes" } Some(false) => { "no" } None => { "not known" } } }
                } } }
            }
        }
    }
}

/// A chart in its frame; it scrolls where the screen is narrow.
fn figure(name: &str, svg: &str) -> Markup {
    html! { figure { div.wide tabindex="0" role="region" aria-label=(name) { (PreEscaped(svg)) } } }
}

fn wad() -> U256 {
    U256::from(10).pow(U256::from(18))
}

/// A part in WAD as percent with two places.
fn rough(part: U256) -> String {
    words::percent_bps(part / U256::from(10).pow(U256::from(14)))
}

/// WAD dollars with four places.
fn four(value: U256) -> String {
    words::decimal(value / U256::from(10).pow(U256::from(14)), 4)
}

/// An amount with commas and at most four places.
fn amount(amount: U256, decimals: u8) -> String {
    let places = decimals.min(4);
    let cut = amount / U256::from(10).pow(U256::from(decimals - places));
    let text = words::decimal(cut, places);
    match text.split_once('.') {
        Some((whole, part)) => format!("{}.{part}", words::grouped(whole)),
        None => words::grouped(&text),
    }
}

fn signed_bps(bps: i64) -> String {
    let size = words::percent_bps(U256::from(bps.unsigned_abs()));
    match bps < 0 {
        true => format!("−{size}"),
        false => size,
    }
}

fn span(seconds: u64) -> String {
    words::span(U256::from(seconds))
}

fn when(seconds: u64) -> Markup {
    let text = words::time(U256::from(seconds));
    html! { (text) }
}

fn short(account: Address) -> String {
    let text = account.to_string();
    format!("{}…{}", &text[..6], &text[38..])
}
