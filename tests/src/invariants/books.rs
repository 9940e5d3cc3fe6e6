//! The vault's books as they should be: who has which shares, what is held, claimed, streams in and lies apart.

use alloy::primitives::{Address, U256};

use super::model::{fee_down, flowed_down, share_down, share_up};

/// Bps of one whole.
const WHOLE_BPS: u64 = 10_000;
/// Delay of an announcement, and how long what was absorbed flows in, seconds.
pub(crate) const DELAY_S: u64 = 2 * 86_400;
const STREAM_S: u64 = 7 * 86_400;

/// What is taken, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fees {
    pub(crate) recipient: Address,
    pub(crate) management_bps: u64,
    pub(crate) mint_bps: u64,
    pub(crate) redeem_bps: u64,
}

impl Fees {
    pub(crate) fn none(&self) -> bool {
        (self.management_bps, self.mint_bps, self.redeem_bps) == (0, 0, 0)
    }

    /// Whether nobody pays more, or to another, than under `present`.
    pub(crate) fn within(&self, present: &Self) -> bool {
        self.management_bps <= present.management_bps
            && self.mint_bps <= present.mint_bps
            && self.redeem_bps <= present.redeem_bps
            && (self.none() || self.recipient == present.recipient)
    }
}

/// What was absorbed and has not flowed in; without a rest, from when something may be absorbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stream {
    rest: U256,
    last: u64,
    end: u64,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    recorded: U256,
    stream: Stream,
    /// Of each holder.
    claims: Vec<U256>,
    /// What lies in pockets and nobody has collected.
    pocketed: U256,
}

/// What was held of a token when it left the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pocket {
    asset: usize,
    amount: U256,
    supply: U256,
    /// Of each holder, at that moment.
    shares: Vec<U256>,
    collected: Vec<bool>,
}

/// All of it. Holders and assets by their places in the stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) shares: Vec<U256>,
    pub(crate) fees: Fees,
    /// Since when the management fee counts.
    since: u64,
    lines: Vec<Line>,
    /// What is listed, in the vault's order.
    pub(crate) order: Vec<usize>,
    pockets: Vec<Pocket>,
}

impl Books {
    /// Without fees, claims, streams and pockets.
    pub(crate) fn new(shares: Vec<U256>, held: &[U256], order: Vec<usize>) -> Self {
        let line = |held: &U256| Line {
            recorded: *held,
            stream: Stream::default(),
            claims: vec![U256::ZERO; shares.len()],
            pocketed: U256::ZERO,
        };
        Self {
            fees: Fees::default(),
            since: 0,
            lines: held.iter().map(line).collect(),
            order,
            pockets: Vec::new(),
            shares,
        }
    }

    fn recorded_supply(&self) -> U256 {
        self.shares.iter().fold(U256::ZERO, |sum, s| sum + *s)
    }

    /// What the management fee has made and nobody accrued.
    pub(crate) fn streamed(&self, now: u64) -> U256 {
        let seconds = now.saturating_sub(self.since);
        fee_down(self.recorded_supply(), self.fees.management_bps, seconds)
    }

    pub(crate) fn supply(&self, now: u64) -> U256 {
        self.recorded_supply() + self.streamed(now)
    }

    pub(crate) fn held(&self, i: usize, now: u64) -> U256 {
        let Line {
            recorded, stream, ..
        } = &self.lines[i];
        *recorded + flowed_down(stream.rest, stream.last, stream.end, now)
    }

    /// What has not flowed in by now.
    pub(crate) fn rest(&self, i: usize, now: u64) -> U256 {
        let stream = &self.lines[i].stream;
        stream.rest - flowed_down(stream.rest, stream.last, stream.end, now)
    }

    /// Whether somebody announced to absorb, and nobody has.
    pub(crate) fn is_announced(&self, i: usize) -> bool {
        self.absorbable_from(i).is_some()
    }

    /// From when what lies in the vault may be absorbed, if that was announced.
    pub(crate) fn absorbable_from(&self, i: usize) -> Option<u64> {
        let stream = &self.lines[i].stream;
        (stream.rest.is_zero() && stream.end != 0).then_some(stream.end)
    }

    /// What the vault owes of a token: held, still to flow in, claimed, in pockets.
    pub(crate) fn owed(&self, i: usize) -> U256 {
        self.lines[i].recorded + self.lines[i].stream.rest + self.claimed(i)
    }

    /// Claims on a token, those of pockets with them.
    pub(crate) fn claimed(&self, i: usize) -> U256 {
        let line = &self.lines[i];
        line.claims.iter().fold(line.pocketed, |sum, c| sum + *c)
    }

    pub(crate) fn claim_of(&self, i: usize, holder: usize) -> U256 {
        self.lines[i].claims[holder]
    }

    pub(crate) fn is_listed(&self, i: usize) -> bool {
        self.order.contains(&i)
    }

    /// Gives the recipient at `recipient` what the management fee has made.
    pub(crate) fn accrue(&mut self, now: u64, recipient: Option<usize>) -> U256 {
        let made = self.streamed(now);
        if let (false, Some(recipient)) = (made.is_zero(), recipient) {
            self.shares[recipient] += made;
            self.since = now;
        }
        made
    }

    /// Puts fees into force.
    pub(crate) fn set_fees(&mut self, now: u64, recipient: Option<usize>, fees: Fees) {
        self.accrue(now, recipient);
        self.fees = match fees.none() {
            true => Fees::default(),
            false => fees,
        };
        self.since = now;
    }

    fn toll_up(shares: U256, bps: u64) -> U256 {
        share_up(shares, U256::from(bps), U256::from(WHOLE_BPS))
    }

    /// What minting costs of each listed asset, and of how many shares.
    pub(crate) fn mint_amounts(&self, now: u64, shares: U256) -> (Vec<U256>, U256) {
        let made = shares + Self::toll_up(shares, self.fees.mint_bps);
        let supply = self.supply(now);
        let due = |i: &usize| share_up(self.held(*i, now), made, supply);
        (self.order.iter().map(due).collect(), made)
    }

    /// What redeeming pays of each listed asset, and for how many shares.
    pub(crate) fn redeem_amounts(&self, now: u64, shares: U256) -> (Vec<U256>, U256) {
        let paid_for = shares.saturating_sub(Self::toll_up(shares, self.fees.redeem_bps));
        let supply = self.supply(now);
        let due = |i: &usize| share_down(self.held(*i, now), paid_for, supply);
        (self.order.iter().map(due).collect(), paid_for)
    }

    pub(crate) fn mint(&mut self, now: u64, shares: U256, to: usize, recipient: Option<usize>) {
        let (amounts, made) = self.mint_amounts(now, shares);
        self.accrue(now, recipient);
        for (place, amount) in amounts.into_iter().enumerate() {
            self.lines[self.order[place]].recorded += amount;
        }
        self.shares[to] += shares;
        if let Some(recipient) = recipient {
            self.shares[recipient] += made - shares;
        }
    }

    /// Burns shares and takes what they are worth off the books; what moved, in the list's order, is `delivered`.
    pub(crate) fn redeem(
        &mut self,
        now: u64,
        shares: U256,
        (owner, receiver): (usize, usize),
        recipient: Option<usize>,
        delivered: &[U256],
    ) {
        let (amounts, paid_for) = self.redeem_amounts(now, shares);
        self.accrue(now, recipient);
        self.shares[owner] -= shares;
        if let Some(recipient) = recipient {
            self.shares[recipient] += shares - paid_for;
        }
        for (place, due) in amounts.into_iter().enumerate() {
            let i = self.order[place];
            self.touch(i, now);
            self.lines[i].recorded -= due;
            self.lines[i].claims[receiver] += due.saturating_sub(delivered[place]);
        }
    }

    pub(crate) fn transfer(&mut self, from: usize, to: usize, value: U256) {
        self.shares[from] -= value;
        self.shares[to] += value;
    }

    /// Books what has flowed in.
    pub(crate) fn touch(&mut self, i: usize, now: u64) {
        let stream = self.lines[i].stream;
        let flowed = flowed_down(stream.rest, stream.last, stream.end, now);
        if flowed.is_zero() {
            return;
        }
        self.lines[i].recorded += flowed;
        let rest = stream.rest - flowed;
        self.lines[i].stream = match rest.is_zero() {
            true => Stream::default(),
            false => Stream {
                rest,
                last: now,
                ..stream
            },
        };
    }

    pub(crate) fn announce(&mut self, i: usize, now: u64) {
        self.touch(i, now);
        self.lines[i].stream = Stream {
            end: now + DELAY_S,
            ..Stream::default()
        };
    }

    /// What lies in the vault beyond what it owes begins to flow in; answers how much.
    pub(crate) fn absorb(&mut self, i: usize, now: u64, balance: U256) -> U256 {
        self.touch(i, now);
        let rest = balance.saturating_sub(self.owed(i));
        self.lines[i].stream = Stream {
            rest,
            last: now,
            end: now + STREAM_S,
        };
        rest
    }

    /// Pays a claim, as far as it moved.
    pub(crate) fn pay(&mut self, i: usize, holder: usize, paid: U256) {
        self.lines[i].claims[holder] -= paid;
    }

    pub(crate) fn redirect(&mut self, i: usize, from: usize, to: usize, amount: U256) {
        self.lines[i].claims[from] -= amount;
        self.lines[i].claims[to] += amount;
    }

    /// What a trade sold and bought of an asset.
    pub(crate) fn trade(&mut self, i: usize, now: u64, sold: U256, bought: U256, is_sell: bool) {
        if is_sell {
            self.touch(i, now);
        }
        let recorded = &mut self.lines[i].recorded;
        *recorded = (*recorded + bought).saturating_sub(sold);
    }

    /// Believes what the vault says it holds now.
    pub(crate) fn adopt(&mut self, i: usize, now: u64, told: U256) {
        let flowed = self.held(i, now) - self.lines[i].recorded;
        self.lines[i].recorded = told - flowed;
    }

    pub(crate) fn list(&mut self, i: usize) {
        self.order.push(i);
    }

    /// Takes an asset off the list; what is held of it becomes a pocket.
    pub(crate) fn delist(&mut self, i: usize, now: u64, recipient: Option<usize>) {
        let line = &self.lines[i];
        let amount = line.recorded + line.stream.rest;
        if !amount.is_zero() {
            self.accrue(now, recipient);
            self.pockets.push(Pocket {
                asset: i,
                amount,
                supply: self.recorded_supply(),
                shares: self.shares.clone(),
                collected: vec![false; self.shares.len()],
            });
        }
        let line = &mut self.lines[i];
        line.pocketed += amount;
        (line.recorded, line.stream) = (U256::ZERO, Stream::default());
        self.order.retain(|listed| *listed != i);
    }

    /// How many pockets there are.
    pub(crate) fn pocket_count(&self) -> usize {
        self.pockets.len()
    }

    /// Which asset is in a pocket, numbered from 1.
    pub(crate) fn pocketed_asset(&self, number: usize) -> Option<usize> {
        let place = number.checked_sub(1)?;
        self.pockets.get(place).map(|pocket| pocket.asset)
    }

    /// What a holder has not collected of a pocket, numbered from 1; the locked shares, at the last place, collect
    /// nothing.
    pub(crate) fn part(&self, number: usize, holder: usize, locked: usize) -> U256 {
        let Some(pocket) = number.checked_sub(1).and_then(|n| self.pockets.get(n)) else {
            return U256::ZERO;
        };
        match pocket.collected[holder] || holder == locked {
            true => U256::ZERO,
            false => share_down(pocket.amount, pocket.shares[holder], pocket.supply),
        }
    }

    /// Takes a holder's part out of a pocket; what did not move is claimed.
    pub(crate) fn collect_part(&mut self, number: usize, holder: usize, moved: U256) {
        let part = self.part(number, holder, usize::MAX);
        let pocket = &mut self.pockets[number - 1];
        pocket.collected[holder] = true;
        let line = &mut self.lines[pocket.asset];
        line.pocketed -= part;
        line.claims[holder] += part - moved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(x: u64) -> U256 {
        U256::from(x)
    }

    fn books() -> Books {
        Books::new(vec![n(600), n(400), n(0)], &[n(1_000), n(500)], vec![0, 1])
    }

    #[test]
    fn a_toll_is_on_top_of_what_is_minted_and_out_of_what_is_redeemed() {
        let mut books = books();
        let fees = Fees {
            recipient: Address::repeat_byte(1),
            mint_bps: 100,
            redeem_bps: 100,
            ..Fees::default()
        };
        books.set_fees(0, None, fees);
        assert_eq!(books.mint_amounts(5, n(100)), (vec![n(101), n(51)], n(101)));
        books.mint(5, n(100), 0, Some(2));
        assert_eq!(books.shares, [n(700), n(400), n(1)]);
        // 99 of 1,101 shares, rounded down; 3 units do not move.
        let due = [n(99), n(49)];
        assert_eq!(books.redeem_amounts(5, n(100)), (due.to_vec(), n(99)));
        books.redeem(5, n(100), (0, 1), Some(2), &[n(96), n(49)]);
        assert_eq!(books.shares, [n(600), n(400), n(2)]);
        assert_eq!((books.held(0, 5), books.claim_of(0, 1)), (n(1_002), n(3)));
    }

    #[test]
    fn what_is_absorbed_flows_in_and_what_leaves_the_list_belongs_to_those_who_were_there() {
        let mut books = books();
        assert_eq!(books.absorb(0, 100, n(1_700)), n(700));
        assert_eq!(books.held(0, 100 + STREAM_S / 7), n(1_100));
        assert_eq!(books.owed(0), n(1_700));
        books.delist(0, 100 + STREAM_S / 7, None);
        assert_eq!(
            (books.order.clone(), books.held(0, 1 << 40)),
            (vec![1], n(0))
        );
        assert_eq!(books.claimed(0), n(1_700));
        books.transfer(0, 1, n(600));
        assert_eq!(books.part(1, 0, 2), n(1_020));
        books.collect_part(1, 0, n(1_000));
        assert_eq!((books.part(1, 0, 2), books.claim_of(0, 0)), (n(0), n(20)));
        assert_eq!(books.claimed(0), n(700));
    }
}
