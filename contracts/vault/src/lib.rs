//! What does the treasury hold, and who owns it?
//!
//! ```text
//! setRebalancer() -> listAsset()* -> seed()          governance, once
//! mint()    tokens in, each rounded up, then shares   anyone, unless paused
//! redeem()  shares gone, then tokens out, each down   anyone, always; what will not move is a claim
//! execute() tokens to a filler, tokens back           the rebalancer
//! ```
//!
//! Holdings are recorded, never read from balances: a donation changes nothing. There is no price here,
//! so no fault of one can block an exit.
//!
//! Roles (kept by the policy): a malicious *governor* can list a hostile token, seed badly, pause minting
//! for ever and name the rebalancer, once; it cannot take holdings, nor stop a redemption. A malicious
//! *guardian* can pause minting for half of the time. A malicious *rebalancer* can hand every holding to
//! a filler of its choice: it is part of the trusted base.
//!
//! Two choke-points: [`Vault::guarded`](access) opens and closes the lock, [`exits`] and [`execute`] send.
//! The SDK's re-entrancy guard stays on besides, so on chain a call from within is refused even before
//! it reaches the lock.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(target_arch = "wasm32", allow(missing_docs))] // `#[entrypoint]` writes an undocumented function
extern crate alloc;

mod access;
mod assets;
mod books;
mod caps;
mod entries;
mod erc20;
mod execute;
mod exits;
mod fees;
mod head;
mod permit;
mod pockets;
mod roster;
mod slots;
mod streams;
mod texts;
pub mod types;
mod words;

use alloc::{string::String, vec, vec::Vec};
use alloy_primitives::{aliases::B32, Address, B256, U256};
use ballast_interfaces::{
    answers::Answers,
    constants::{DEFAULT_ADMIN_ROLE, GUARDIAN_ROLE, MAX_ASSETS},
    raw,
    slot::Slot,
};
use stylus_sdk::{
    abi::Bytes,
    alloy_primitives,
    prelude::*,
    storage::{StorageArray, StorageMap},
};

use crate::{
    caps::Caps,
    execute::Trades,
    fees::Fees,
    head::{GuardianPause, Head},
    permit::Permit,
    pockets::Account,
    roster::Roster,
    streams::Stream,
    texts::Text,
    types::*,
};

pub use crate::{
    books::MAX_HELD,
    caps::MAX_SUPPLY,
    entries::{LOCKED_SHARES, SEED_MIN},
    exits::{BALANCE_GAS, TRANSFER_GAS},
    fees::{MANAGEMENT_FEE_MAX_BPS, TOLL_MAX_BPS},
    permit::Domain,
    streams::{ABSORB_DELAY_S, ABSORB_STREAM_S},
};

/// ERC-165, ERC-20, its metadata, ERC-2612, ERC-5267.
const INTERFACES: [u32; 5] = [
    0x01ff_c9a7,
    0x3637_2b07,
    0xa219_a025,
    0x9d8f_f7da,
    0x84b0_196e,
];

/// The vault: flat and append-only; what may grow is mapped.
#[storage]
#[entrypoint]
pub struct Vault {
    head: Slot<Head>,
    /// The guardian's last pause of minting.
    guardian: Slot<GuardianPause>,
    total_supply: Slot<U256>,
    balances: StorageMap<Address, Slot<Account>>,
    allowances: StorageMap<Address, StorageMap<Address, Slot<U256>>>,
    nonces: StorageMap<Address, Slot<U256>>,
    name: Text,
    symbol: Text,
    /// What is recorded as held, two assets a slot: [`books`].
    held: StorageArray<Slot<U256>, { MAX_ASSETS / 2 }>,
    assets: StorageMap<Address, Asset>,
    /// By token and account: what could not be delivered, {tok}.
    claims: StorageMap<Address, StorageMap<Address, Slot<U256>>>,
    fees: Slot<Fees>,
    /// Those that wait.
    fees_next: Slot<Fees>,
    caps: Slot<Caps>,
    /// The guardian's last lowering of the cap.
    cap_act: Slot<GuardianPause>,
    /// By number, from 1.
    pockets: StorageMap<U256, Pocket>,
    /// By account and pocket: what it had before its first change after that pocket and those before it.
    checkpoints: StorageMap<Address, StorageMap<U256, Slot<U256>>>,
    /// By account: a bit a pocket, set once it was collected from.
    collected: StorageMap<Address, Slot<U256>>,
    /// The guardian's last cancelling of fees.
    fee_act: Slot<GuardianPause>,
    /// By token and account: what a shortfall left unpaid, {tok}.
    later: StorageMap<Address, StorageMap<Address, Slot<U256>>>,
}

/// What was held of a token when it left the list, for those who had shares then.
#[storage]
pub struct Pocket {
    token: Slot<Address>,
    /// {tok}
    amount: Slot<U256>,
    /// {share} at that moment.
    supply: Slot<U256>,
}

/// What is stored about one token; grows at its end only.
#[storage]
pub struct Asset {
    /// Sum of the claims: {tok}.
    claims: Slot<U256>,
    /// Least holding of which one asset must have as much for minting: {tok}.
    min_holding: Slot<U256>,
    /// What was absorbed and has not flowed into the holding yet.
    stream: Slot<Stream>,
    /// Sum of what shortfalls left unpaid: {tok}.
    later: Slot<U256>,
}

#[public]
impl Vault {
    /// Names the share and the policy; called through the deployer, so the sender means nothing here.
    ///
    /// # Errors
    /// `VaultNotContract` for a policy without code; `VaultRosterUnwritten`.
    #[constructor]
    pub fn constructor(
        &mut self,
        name: String,
        symbol: String,
        policy: Address,
    ) -> Result<(), Error> {
        self.require_contract(policy)?;
        texts::write(&mut self.name, &name);
        texts::write(&mut self.symbol, &symbol);
        self.set_roster(&Roster {
            policy,
            ..Roster::default()
        })
    }

    /// ERC-20.
    pub fn name(&self) -> String {
        texts::text(&self.name)
    }

    /// ERC-20.
    pub fn symbol(&self) -> String {
        texts::text(&self.symbol)
    }

    /// ERC-20: shares have 18 decimals, whatever is held.
    pub fn decimals(&self) -> u8 {
        18
    }

    /// ERC-20: {share}, those included that the management fee has made and nobody has accrued yet.
    ///
    /// # Errors
    /// `VaultMathOverflow`, never while there are at most [`MAX_SUPPLY`].
    pub fn total_supply(&self) -> Result<U256, Error> {
        self.supply()
    }

    /// ERC-20: {share}.
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account).balance
    }

    /// ERC-20: {share}.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowance_of(owner, spender)
    }

    /// ERC-20.
    ///
    /// # Errors
    /// `ERC20InvalidReceiver` for nobody and for the vault; `ERC20InsufficientBalance`.
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Error> {
        self.move_shares(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// ERC-20.
    ///
    /// # Errors
    /// `ERC20InvalidSpender` for nobody.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Error> {
        self.allow(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// ERC-20; an infinite allowance is not decreased.
    ///
    /// # Errors
    /// `ERC20InsufficientAllowance`, `ERC20InvalidApprover` for shares of nobody, then as `transfer`.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Error> {
        self.spend_allowance(from, self.vm().msg_sender(), value)?;
        self.move_shares(from, to, value)?;
        Ok(true)
    }

    /// ERC-2612.
    ///
    /// # Errors
    /// `ERC2612ExpiredSignature`, `ERC2612InvalidSigner`, `ERC20InvalidSpender`.
    #[allow(clippy::too_many_arguments)]
    pub fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Error> {
        self.use_permit(&Permit {
            owner,
            spender,
            value,
            deadline,
            v,
            r,
            s,
        })
    }

    /// ERC-2612: how many permits of the owner were used.
    pub fn nonces(&self, owner: Address) -> U256 {
        self.nonces.get(owner)
    }

    /// ERC-2612.
    #[selector(name = "DOMAIN_SEPARATOR")]
    pub fn domain_separator(&self) -> B256 {
        self.separator()
    }

    /// ERC-5267: fields, name, version, chain id, contract, salt, extensions.
    #[selector(name = "eip712Domain")]
    pub fn eip712_domain(&self) -> Answers<Domain> {
        Answers(self.domain())
    }

    /// ERC-165.
    pub fn supports_interface(&self, interface_id: B32) -> bool {
        INTERFACES.contains(&u32::from_be_bytes(interface_id.0))
    }

    /// Names the rebalancer: the governor once, afterwards the policy when a queued change is executed.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultRebalancerAlreadySet`, `VaultNotContract`, `VaultAssetListed`,
    /// `VaultRosterUnwritten`.
    pub fn set_rebalancer(&mut self, rebalancer: Address) -> Result<(), Error> {
        let by_policy = self.is_policy();
        if !by_policy {
            self.require_role(DEFAULT_ADMIN_ROLE)?;
        }
        self.guarded(|vault| vault.name_rebalancer(rebalancer, by_policy))
    }

    /// Lists a token. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultNotContract`, `VaultAssetForbidden`, `VaultAssetListed`, `VaultAssetAlias`,
    /// `VaultMinHoldingZero`, `VaultBalanceUnreadable`, `VaultTooManyAssets`, `VaultRosterUnwritten`.
    pub fn list_asset(&mut self, token: Address, min_holding: U256) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.list(token, min_holding))
    }

    /// Delists a token of which nothing is held or wanted. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultAssetNotListed`, `VaultAssetInUse`, `VaultRosterUnwritten`.
    pub fn delist_asset(&mut self, token: Address) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.delist(token, false))
    }

    /// Delists a token with what is held of it, which becomes a side pocket of those who have shares now. Governor.
    ///
    /// The vault must have some ether, to be sent along with the first pocket: that it has any tells transfers of
    /// shares, at the price of a warm account, that there may be a pocket.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultAssetNotListed`, `VaultAssetInUse` while it has weight, `VaultNotSeeded`,
    /// `VaultPocketUnmarked`, `VaultTooManyPockets`, `VaultRosterUnwritten`.
    #[payable]
    pub fn pocket_asset(&mut self, token: Address) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.delist(token, true))
    }

    /// Pays an account its part of a pocket, as far as it moves; the rest is claimed for it. Anyone may pay for the
    /// call, but in a shortfall, when only the account itself may. Answers what moved.
    ///
    /// # Errors
    /// `VaultNothingToCollect`, `VaultShortfall`, `VaultBalanceUnreadable`, `VaultGasTooLow`.
    pub fn collect_pocket(&mut self, number: U256, account: Address) -> Result<U256, Error> {
        self.guarded(|vault| vault.collect_pocket_for(number, account))
    }

    /// Token, amount {tok} and supply {share} of a pocket, numbered from 1.
    pub fn pocket(&self, number: U256) -> (Address, U256, U256) {
        let pocket = self.pockets.getter(number);
        (pocket.token.get(), pocket.amount.get(), pocket.supply.get())
    }

    /// How many pockets there are.
    pub fn pocket_count(&self) -> U256 {
        U256::from(self.head.get().pockets)
    }

    /// What an account has not collected of a pocket: {tok}.
    ///
    /// # Rounding
    /// Down.
    pub fn pocket_share(&self, number: U256, account: Address) -> Result<U256, Error> {
        self.share_of_pocket(number, account)
    }

    /// The first shares, for amounts taken from the caller. Governor, once.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultAlreadySeeded`, `VaultSeedTooSmall`, `ERC20InvalidReceiver`,
    /// `VaultLengthMismatch`, `VaultHoldingsBelowMinimum`, `VaultHoldingTooLarge`, and those of a token that
    /// does not arrive.
    pub fn seed(
        &mut self,
        shares: U256,
        receiver: Address,
        amounts: Vec<U256>,
    ) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.seed_from(shares, receiver, amounts))
    }

    /// Shares for ⌈held · shares / supply⌉ of every asset, in the list's order.
    ///
    /// # Errors
    /// `VaultMintPaused`, `VaultZeroShares`, `ERC20InvalidReceiver`, `VaultLengthMismatch`, `VaultNotSeeded`,
    /// `VaultHoldingsBelowMinimum`, `VaultAmountAboveMax`, `VaultShortfall`, `VaultTransferFailed`,
    /// `VaultReceivedLess`, `VaultBalanceUnreadable`, `VaultHoldingTooLarge`.
    pub fn mint(
        &mut self,
        shares: U256,
        receiver: Address,
        max_amounts: Vec<U256>,
    ) -> Result<Vec<U256>, Error> {
        self.guarded(|vault| vault.mint_from(shares, receiver, &max_amounts))
    }

    /// ⌊held · shares / supply⌋ of every asset for the owner's shares; what does not move is claimed for
    /// the receiver. Answers what was delivered.
    ///
    /// # Errors
    /// `VaultZeroShares`, `ERC20InvalidReceiver`, `VaultLengthMismatch`, `VaultNotSeeded`,
    /// `ERC20InsufficientAllowance`, `ERC20InsufficientBalance`, `VaultDeliveredBelowMin`,
    /// `VaultGasTooLow`.
    pub fn redeem(
        &mut self,
        shares: U256,
        receiver: Address,
        owner: Address,
        min_amounts: Vec<U256>,
    ) -> Result<Vec<U256>, Error> {
        self.guarded(|vault| vault.redeem_for(shares, receiver, owner, &min_amounts))
    }

    /// What `mint` would take, in the list's order.
    ///
    /// # Rounding
    /// Up.
    pub fn preview_mint(&self, shares: U256) -> Result<Vec<U256>, Error> {
        self.require_open()?;
        let (_, held) = self.book()?;
        self.mint_amounts(&held, shares)
    }

    /// What `redeem` would pay, deliver or claim, in the list's order.
    ///
    /// # Rounding
    /// Down.
    pub fn preview_redeem(&self, shares: U256) -> Result<Vec<U256>, Error> {
        self.require_open()?;
        let (_, held) = self.book()?;
        self.redeem_amounts(&held, shares)
    }

    /// Pays an account what it claims of a token, as far as it moves. Anyone may pay for the call, but in a shortfall,
    /// when only the account itself may.
    ///
    /// # Errors
    /// `VaultNothingToCollect`, `VaultShortfall`, `VaultBalanceUnreadable`, `VaultTransferFailed`, `VaultGasTooLow`.
    pub fn collect(&mut self, token: Address, account: Address) -> Result<U256, Error> {
        self.guarded(|vault| vault.collect_for(token, account))
    }

    /// Hands a part of the caller's claim to another account.
    ///
    /// # Errors
    /// `ERC20InvalidReceiver`, `VaultClaimTooSmall`.
    pub fn redirect_claim(
        &mut self,
        token: Address,
        to: Address,
        amount: U256,
    ) -> Result<(), Error> {
        self.guarded(|vault| vault.redirect(token, to, amount))
    }

    /// What an account claims of a token, what a shortfall left unpaid included: {tok}.
    pub fn claim_of(&self, token: Address, account: Address) -> U256 {
        let later = self.later(token, account);
        // {tok} = {tok} + {tok}
        self.claim(token, account).saturating_add(later)
    }

    /// What all accounts claim of a token, what shortfalls left unpaid included: {tok}.
    pub fn total_claims(&self, token: Address) -> U256 {
        let asset = self.asset(token);
        // {tok} = {tok} + {tok}
        asset.claims.get().saturating_add(asset.later.get())
    }

    /// Sells and buys through a filler. Rebalancer. Answers what was sold and bought by the balances, each
    /// at the first trade that names the token.
    ///
    /// # Errors
    /// `VaultNotRebalancer`, `VaultLengthMismatch`, `VaultFillerForbidden`, `VaultNotContract`,
    /// `VaultAssetNotListed`, `VaultHoldingTooSmall`, `VaultTokenBothSides`, `VaultShortfall`,
    /// `VaultTransferFailed`, `VaultFillerFailed`, `VaultSoldRose`, `VaultSentTooMuch`,
    /// `VaultBoughtFell`, `VaultBalanceUnreadable`, `VaultHoldingTooLarge`.
    #[allow(clippy::type_complexity)]
    pub fn execute(
        &mut self,
        sells: Vec<Address>,
        buys: Vec<Address>,
        amounts: Vec<U256>,
        leasts: Vec<U256>,
        filler: Address,
        data: Bytes,
    ) -> Result<Answers<(Vec<U256>, Vec<U256>)>, Error> {
        let trades = Trades {
            sells,
            buys,
            amounts,
            leasts,
        };
        self.guarded(|vault| vault.execute_with(trades, filler, &data))
            .map(Answers)
    }

    /// Pauses minting until then, seconds. Governor: any time; guardian: 14 days, then a rest as long; the
    /// policy: for ever, 2^64 − 1.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultPauseTooSoon`, `VaultPauseOutOfRange`, `VaultWoundDown`.
    pub fn pause_mint(&mut self, until: U256) -> Result<(), Error> {
        self.guarded(|vault| vault.pause_by_role(until))
    }

    /// Ends the pause, but not a wind-down. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultWoundDown`.
    pub fn unpause_mint(&mut self) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.write_pause(0))
    }

    /// Until when minting is paused, seconds.
    pub fn mint_paused_until(&self) -> U256 {
        U256::from(self.head.get().mint_paused_until)
    }

    /// Sets the most shares that there may be; 2^128 − 1 or more is no cap. Ends the guardian's. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`.
    pub fn set_supply_cap(&mut self, cap: U256) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.govern_cap(cap))
    }

    /// Lowers it until then, at most 14 days, then a rest as long. Guardian.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultSupplyCapAbove`, `VaultPauseTooSoon`, `VaultPauseOutOfRange`.
    pub fn lower_supply_cap(&mut self, cap: U256, until: U256) -> Result<(), Error> {
        self.require_role(GUARDIAN_ROLE)?;
        self.guarded(|vault| vault.lower_cap(cap, until))
    }

    /// Most shares that there may be now: {share}. Minting and the seed keep to it; the management fee and exits ask nobody.
    pub fn supply_cap(&self) -> U256 {
        self.cap()
    }

    /// Sets the fees, bps a year and bps of the shares. What raises none and keeps the recipient is at once, all
    /// else waits for `MODULE_DELAY_S`; what waited before is dropped. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultFeeTooHigh`, `ERC20InvalidReceiver`.
    pub fn set_fees(
        &mut self,
        recipient: Address,
        management_bps: U256,
        mint_bps: U256,
        redeem_bps: U256,
    ) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.change_fees(recipient, management_bps, mint_bps, redeem_bps))
    }

    /// Puts the fees that wait into force. Anyone, once they have waited.
    ///
    /// # Errors
    /// `VaultNothingPending`, `VaultNotReady`.
    pub fn apply_fees(&mut self) -> Result<(), Error> {
        self.guarded(Self::apply_queued_fees)
    }

    /// Drops the fees that wait. Governor; guardian, and then not again for 28 days.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultNothingPending`, `VaultPauseTooSoon`.
    pub fn cancel_fees(&mut self) -> Result<(), Error> {
        self.guarded(Self::cancel_queued_fees)
    }

    /// Gives the recipient what the management fee has made by now, and answers it: {share}. Anyone.
    pub fn accrue_fees(&mut self) -> Result<U256, Error> {
        self.guarded(Self::accrue)
    }

    /// What the management fee has made since it was last accrued: {share}. `totalSupply` counts it, no balance does.
    pub fn accrued_fees(&self) -> Result<U256, Error> {
        self.streamed()
    }

    /// Recipient; management fee, bps a year; mint fee and redeem fee, bps.
    pub fn fees(&self) -> (Address, U256, U256, U256) {
        let (recipient, management, mint, redeem, _) = told(self.fees.get());
        (recipient, management, mint, redeem)
    }

    /// The same of the fees that wait, and from when they may be applied, seconds: 0 when none wait.
    pub fn pending_fees(&self) -> (Address, U256, U256, U256, U256) {
        told(self.fees_next.get())
    }

    /// Tells that what lies in the vault of a token beyond what it owes is to be absorbed, two days from now. Governor.
    ///
    /// # Errors
    /// `VaultUnauthorized`, `VaultAssetNotListed`, `VaultAbsorbing`.
    pub fn announce_absorb(&mut self, token: Address) -> Result<(), Error> {
        self.require_role(DEFAULT_ADMIN_ROLE)?;
        self.guarded(|vault| vault.announce(token))
    }

    /// Takes what lies in the vault of a token beyond what it owes: from now on it streams into the holding, for
    /// `ABSORB_STREAM_S`. Anyone, once the announcement is old enough. Answers how much it is.
    ///
    /// # Errors
    /// `VaultAssetNotListed`, `VaultAbsorbing`, `VaultNothingPending`, `VaultNotReady`, `VaultBalanceUnreadable`,
    /// `VaultAssetAlias`, `VaultNothingToAbsorb`.
    pub fn absorb(&mut self, token: Address) -> Result<U256, Error> {
        self.guarded(|vault| vault.absorb_stray(token))
    }

    /// What still streams into a holding, {tok}, and until when; or 0, and from when it may be absorbed; seconds.
    ///
    /// # Errors
    /// `VaultMathOverflow`, never.
    pub fn absorption(&self, token: Address) -> Result<(U256, U256), Error> {
        self.absorption_of(token)
    }

    /// The list, and what is recorded as held of each: {tok}.
    ///
    /// # Errors
    /// `VaultLocked`.
    #[allow(clippy::type_complexity)]
    pub fn holdings(&self) -> Result<Answers<(Vec<Address>, Vec<U256>)>, Error> {
        self.require_open()?;
        Ok(Answers(self.book()?))
    }

    /// ERC-7621: what is recorded as held of a token, {tok}.
    ///
    /// # Errors
    /// `VaultLocked`.
    pub fn get_reserve(&self, token: Address) -> Result<U256, Error> {
        self.require_open()?;
        match self.roster().place(token) {
            Some(place) => self.held_now(token, self.entry(place)),
            None => Ok(U256::ZERO),
        }
    }

    /// ERC-7621: whether the token is on the list.
    ///
    /// # Errors
    /// `VaultLocked`.
    pub fn is_constituent(&self, token: Address) -> Result<bool, Error> {
        self.require_open()?;
        Ok(self.roster().lists(token))
    }

    /// ERC-7621: how long the list is.
    ///
    /// # Errors
    /// `VaultLocked`.
    pub fn total_constituents(&self) -> Result<U256, Error> {
        self.require_open()?;
        Ok(U256::from(self.roster().tokens.len()))
    }

    /// Least holding of which one asset must have as much for minting: {tok}.
    pub fn min_holding(&self, token: Address) -> U256 {
        self.asset(token).min_holding.get()
    }

    /// The one caller of `execute`.
    pub fn rebalancer(&self) -> Address {
        self.roster().rebalancer
    }

    /// Who keeps the roles.
    pub fn policy(&self) -> Address {
        self.roster().policy
    }

    /// Whether the vault is in the middle of something: its holdings mean nothing until it is over.
    pub fn is_locked(&self) -> bool {
        self.head.get().locked
    }

    /// Whether there are shares.
    pub fn seeded(&self) -> bool {
        !self.total_supply.get().is_zero()
    }
}

fn told(fees: Fees) -> (Address, U256, U256, U256, U256) {
    (
        fees.recipient,
        U256::from(fees.management_bps),
        U256::from(fees.mint_bps),
        U256::from(fees.redeem_bps),
        U256::from(fees.since),
    )
}

impl Vault {
    fn name_rebalancer(&mut self, rebalancer: Address, anew: bool) -> Answer<()> {
        let mut roster = self.roster();
        let present = roster.rebalancer;
        if !present.is_zero() && !anew {
            return Err(VaultRebalancerAlreadySet {
                rebalancer: present,
            }
            .into());
        }
        self.require_contract(rebalancer)?;
        if roster.lists(rebalancer) {
            return Err(VaultAssetListed { token: rebalancer }.into());
        }
        roster.rebalancer = rebalancer;
        self.set_roster(&roster)?;
        self.tell(RebalancerSet { rebalancer });
        Ok(())
    }

    fn require_contract(&self, account: Address) -> Answer<()> {
        if !raw::has_code(self.vm(), account) {
            return Err(VaultNotContract { account }.into());
        }
        Ok(())
    }
}
