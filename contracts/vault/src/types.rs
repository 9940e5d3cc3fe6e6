//! What the vault tells: events and errors, one variant an error, no nesting.
#![allow(missing_docs)] // `sol!` writes the fields; docs/specification.md has each

use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use alloy_sol_types::{sol, SolError, SolEvent};
use ballast_math::MathError;
use stylus_sdk::prelude::*;

use crate::{
    words::{encode, packed, AsValue, Value},
    Vault,
};

/// What every function here answers.
pub(crate) type Answer<T> = Result<T, Error>;

sol! {
    // ERC-20
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Transfer(address indexed from, address indexed to, uint256 value);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Approval(address indexed owner, address indexed spender, uint256 value);

    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event RebalancerSet(address indexed rebalancer);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event AssetListed(address indexed token, uint256 minHolding);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event AssetDelisted(address indexed token);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Seeded(address indexed receiver, uint256 shares, address[] tokens, uint256[] amounts);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Minted(address indexed caller, address indexed receiver, uint256 shares, uint256[] amounts);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Redeemed(address indexed caller, address indexed receiver, address indexed owner, uint256 shares, uint256[] delivered);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ClaimBooked(address indexed token, address indexed account, uint256 amount);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ClaimPaid(address indexed token, address indexed account, uint256 amount);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ClaimRedirected(address indexed token, address indexed from, address indexed to, uint256 amount);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Executed(address indexed filler, address[] sells, address[] buys, uint256[] sold, uint256[] bought);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event MintPaused(uint256 oldUntil, uint256 newUntil, address indexed by);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event SupplyCapSet(uint256 oldCap, uint256 newCap, uint256 until, address indexed by);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeesSet(address indexed recipient, uint256 managementBps, uint256 mintBps, uint256 redeemBps);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeesQueued(address indexed recipient, uint256 managementBps, uint256 mintBps, uint256 redeemBps, uint256 readyAt);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeesCancelled(address indexed by);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event AbsorbAnnounced(address indexed token, uint256 readyAt);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event Absorbed(address indexed token, uint256 amount, uint256 end);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event PocketMade(address indexed token, uint256 number, uint256 amount, uint256 supply);
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event PocketCollected(address indexed token, address indexed account, uint256 number, uint256 amount, uint256 moved);
}

sol! {
    /// ERC-6093.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// ERC-6093.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC20InvalidReceiver(address receiver);
    /// ERC-6093.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// ERC-6093.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC20InvalidApprover(address approver);
    /// ERC-6093.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC20InvalidSpender(address spender);
    /// ERC-2612.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC2612ExpiredSignature(uint256 deadline);
    /// ERC-2612; the signer is the zero address for what is no signature.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error ERC2612InvalidSigner(address signer, address owner);
    /// The vault is in the middle of something.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultLocked();
    /// There are no shares yet.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNotSeeded();
    /// There are shares.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAlreadySeeded(uint256 supply);
    /// The rebalancer is named once.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultRebalancerAlreadySet(address rebalancer);
    /// Only the rebalancer may.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNotRebalancer(address caller, address rebalancer);
    /// The policy does not give the caller the role.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultUnauthorized(address caller, bytes32 role);
    /// There is no code at the account.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNotContract(address account);
    /// The token is on the list.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAssetListed(address token);
    /// The token is not on the list.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAssetNotListed(address token);
    /// A module or the share is no asset.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAssetForbidden(address token);
    /// The token shows the very balance that a listed one shows: the same token by another address, as far as can be told.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAssetAlias(address token, address listed);
    /// The list is full.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultTooManyAssets(uint256 n, uint256 max);
    /// Something is held of the token, or the policy gives it weight, now or at the end of the ramp.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAssetInUse(address token, uint256 held, uint256 weightWad);
    /// The least holding must be at least 1.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultMinHoldingZero(address token);
    /// An array does not match what it stands for.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultLengthMismatch(uint256 given, uint256 wanted);
    /// Nothing was asked for.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultZeroShares();
    /// The seed must dwarf the locked shares.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultSeedTooSmall(uint256 shares, uint256 min);
    /// Minting rests until then.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultMintPaused(uint256 until);
    /// No asset reaches its least holding.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultHoldingsBelowMinimum();
    /// The vault's balance does not cover holding and claims.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultShortfall(address token, uint256 balance, uint256 owed);
    /// More would be taken than the caller allows.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAmountAboveMax(address token, uint256 amount, uint256 max);
    /// Less moved than the caller asks for.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultDeliveredBelowMin(address token, uint256 delivered, uint256 min);
    /// Less arrived than was to be paid.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultReceivedLess(address token, uint256 received, uint256 wanted);
    /// The gas left does not fund the call that comes next.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultGasTooLow(uint256 left, uint256 needed);
    /// The vault's balance fell by more than was sent.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultSentTooMuch(address token, uint256 fell, uint256 wanted);
    /// The token did not move.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultTransferFailed(address token, address to, uint256 amount);
    /// The token does not tell a balance.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultBalanceUnreadable(address token);
    /// A token is both sold and bought.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultTokenBothSides(address token);
    /// Nobody, a module, the share and a listed asset are no fillers.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultFillerForbidden(address filler);
    /// The filler reverted; the reason is cut.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultFillerFailed(address filler, bytes reason);
    /// A bought token's balance fell.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultBoughtFell(address token, uint256 before, uint256 now);
    /// A sold token's balance rose.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultSoldRose(address token, uint256 before, uint256 now);
    /// More would be sold than is held.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultHoldingTooSmall(address token, uint256 amount, uint256 held);
    /// More would be held than the books can record.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultHoldingTooLarge(address token, uint256 held, uint256 max);
    /// The account that is to hold the list could not be made: too little gas.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultRosterUnwritten(uint256 size);
    /// More would be handed on than is claimed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultClaimTooSmall(uint256 claim, uint256 wanted);
    /// Nothing is claimed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNothingToCollect(address token, address account);
    /// The pause ends too early or too late.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultPauseOutOfRange(uint256 until, uint256 earliest, uint256 latest);
    /// The guardian must rest as long as its last pause lasted.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultPauseTooSoon(uint256 now, uint256 allowedFrom);
    /// There would be more shares than the cap in force allows.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultSupplyCapExceeded(uint256 supply, uint256 cap);
    /// The guardian only lowers the cap.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultSupplyCapAbove(uint256 cap, uint256 present);
    /// A fee above its ceiling.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultFeeTooHigh(uint256 bps, uint256 max);
    /// Nothing waits to be put into force.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNothingPending();
    /// What waits has not waited long enough.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNotReady(uint256 now, uint256 readyAt);
    /// What was absorbed still streams in.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultAbsorbing(address token, uint256 end);
    /// The vault has no more of the token than it owes.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultNothingToAbsorb(address token, uint256 balance, uint256 owed);
    /// Minting has ended for ever.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultWoundDown();
    /// The vault has no ether yet to tell that there is a pocket: send some along.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultPocketUnmarked();
    /// There are as many pockets as can be numbered.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultTooManyPockets(uint256 max);
    /// A number does not fit.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error VaultMathOverflow();
}

/// Declares the type that the vault answers when it refuses.
///
/// Natively it is an enum with a variant an error: tests match it, the ABI is exported from it. On chain
/// it is the encoded error itself: an enum of 45 variants is moved and matched in every function, and its
/// encoder alone weighs 28 KB. Both come from this one list, and a test compares the two encodings.
macro_rules! errors {
    ($($name:ident($($field:ident),*);)*) => {
        /// Every refusal of the vault.
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(SolidityError, Debug, PartialEq, Eq)]
        pub enum Error {
            $($name($name),)*
        }

        $(
            impl Encode for $name {
                #[inline]
                fn encode(&self) -> Vec<u8> {
                    encoded(<$name as SolError>::SELECTOR, &[$(self.$field.value()),*])
                }
            }

            #[cfg(target_arch = "wasm32")]
            impl From<$name> for Error {
                #[inline(always)]
                fn from(error: $name) -> Self {
                    Self(error.encode())
                }
            }
        )*
    };
}

errors! {
    ERC20InsufficientBalance(sender, balance, needed);
    ERC20InvalidReceiver(receiver);
    ERC20InsufficientAllowance(spender, allowance, needed);
    ERC20InvalidApprover(approver);
    ERC20InvalidSpender(spender);
    ERC2612ExpiredSignature(deadline);
    ERC2612InvalidSigner(signer, owner);
    VaultLocked();
    VaultNotSeeded();
    VaultAlreadySeeded(supply);
    VaultRebalancerAlreadySet(rebalancer);
    VaultNotRebalancer(caller, rebalancer);
    VaultUnauthorized(caller, role);
    VaultNotContract(account);
    VaultAssetListed(token);
    VaultAssetNotListed(token);
    VaultAssetForbidden(token);
    VaultAssetAlias(token, listed);
    VaultTooManyAssets(n, max);
    VaultAssetInUse(token, held, weightWad);
    VaultMinHoldingZero(token);
    VaultLengthMismatch(given, wanted);
    VaultZeroShares();
    VaultSeedTooSmall(shares, min);
    VaultMintPaused(until);
    VaultHoldingsBelowMinimum();
    VaultShortfall(token, balance, owed);
    VaultAmountAboveMax(token, amount, max);
    VaultDeliveredBelowMin(token, delivered, min);
    VaultReceivedLess(token, received, wanted);
    VaultGasTooLow(left, needed);
    VaultSentTooMuch(token, fell, wanted);
    VaultTransferFailed(token, to, amount);
    VaultBalanceUnreadable(token);
    VaultTokenBothSides(token);
    VaultFillerForbidden(filler);
    VaultFillerFailed(filler, reason);
    VaultBoughtFell(token, before, now);
    VaultSoldRose(token, before, now);
    VaultHoldingTooSmall(token, amount, held);
    VaultHoldingTooLarge(token, held, max);
    VaultRosterUnwritten(size);
    VaultClaimTooSmall(claim, wanted);
    VaultNothingToCollect(token, account);
    VaultPauseOutOfRange(until, earliest, latest);
    VaultPauseTooSoon(now, allowedFrom);
    VaultSupplyCapExceeded(supply, cap);
    VaultSupplyCapAbove(cap, present);
    VaultFeeTooHigh(bps, max);
    VaultNothingPending();
    VaultNotReady(now, readyAt);
    VaultAbsorbing(token, end);
    VaultNothingToAbsorb(token, balance, owed);
    VaultWoundDown();
    VaultPocketUnmarked();
    VaultTooManyPockets(max);
    VaultMathOverflow();
}

/// Every refusal of the vault, encoded.
#[cfg(target_arch = "wasm32")]
pub struct Error(Vec<u8>);

#[cfg(target_arch = "wasm32")]
impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        error.0
    }
}

/// An error as Solidity encodes it.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // natively only the tests ask
pub(crate) trait Encode {
    /// Selector, then the arguments.
    fn encode(&self) -> Vec<u8>;
}

#[inline(never)]
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
fn encoded(selector: [u8; 4], values: &[Value<'_>]) -> Vec<u8> {
    let mut data = selector.to_vec();
    encode(&mut data, values);
    data
}

/// Declares how each event is told: what is indexed; what is not.
///
/// The SDK's `log` brings an encoder an event shape, and the strings of a panic that cannot happen.
macro_rules! events {
    ($($name:ident($($indexed:ident),*; $($field:ident),*);)*) => {
        $(
            impl Event for $name {
                #[inline]
                fn tell(&self, vault: &Vault) {
                    vault.emit(
                        <$name as SolEvent>::SIGNATURE_HASH,
                        &[$(self.$indexed),*],
                        &[$(self.$field.value()),*],
                    );
                }
            }
        )*
    };
}

events! {
    Transfer(from, to; value);
    Approval(owner, spender; value);
    RebalancerSet(rebalancer; );
    AssetListed(token; minHolding);
    AssetDelisted(token; );
    Seeded(receiver; shares, tokens, amounts);
    Minted(caller, receiver; shares, amounts);
    Redeemed(caller, receiver, owner; shares, delivered);
    ClaimBooked(token, account; amount);
    ClaimPaid(token, account; amount);
    ClaimRedirected(token, from, to; amount);
    Executed(filler; sells, buys, sold, bought);
    MintPaused(by; oldUntil, newUntil);
    SupplyCapSet(by; oldCap, newCap, until);
    FeesSet(recipient; managementBps, mintBps, redeemBps);
    FeesQueued(recipient; managementBps, mintBps, redeemBps, readyAt);
    FeesCancelled(by; );
    AbsorbAnnounced(token; readyAt);
    Absorbed(token; amount, end);
    PocketMade(token; number, amount, supply);
    PocketCollected(token, account; number, amount, moved);
}

/// Something that the vault tells.
pub(crate) trait Event {
    fn tell(&self, vault: &Vault);
}

impl Vault {
    #[inline(never)]
    fn emit(&self, signature: B256, indexed: &[Address], values: &[Value<'_>]) {
        let mut log = packed(&[signature]);
        for account in indexed {
            log.extend_from_slice(account.into_word().as_slice());
        }
        encode(&mut log, values);
        self.vm().emit_log(&log, indexed.len().saturating_add(1));
    }

    /// Tells an event.
    pub(crate) fn tell(&self, event: impl Event) {
        event.tell(self);
    }
}

impl From<MathError> for Error {
    fn from(_: MathError) -> Self {
        overflow()
    }
}

/// A filler's own revert data, kept as it is: on chain without the machinery of shared bytes.
pub(crate) fn filler_failed(filler: Address, reason: Vec<u8>) -> Error {
    #[cfg(not(target_arch = "wasm32"))]
    let error = VaultFillerFailed {
        filler,
        reason: reason.into(),
    }
    .into();
    #[cfg(target_arch = "wasm32")]
    let error = Error(encoded(
        VaultFillerFailed::SELECTOR,
        &[filler.value(), Value::Bytes(&reason)],
    ));
    error
}

/// The one error for a number that does not fit.
#[inline(never)]
pub(crate) fn overflow() -> Error {
    VaultMathOverflow {}.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, U256};
    use alloy_sol_types::SolError;

    fn n(x: u64) -> U256 {
        U256::from(x)
    }

    /// The encoding that only runs on chain is alloy's.
    #[test]
    fn an_error_is_encoded_as_solidity_encodes_it() {
        let a = Address::repeat_byte(0xab);
        let role = B256::repeat_byte(0xcd);
        assert_eq!(VaultLocked {}.encode(), VaultLocked {}.abi_encode());
        let error = VaultZeroShares {};
        assert_eq!(error.encode(), error.abi_encode());
        let error = VaultUnauthorized { caller: a, role };
        assert_eq!(error.encode(), error.abi_encode());
        let error = VaultShortfall {
            token: a,
            balance: n(7),
            owed: U256::MAX,
        };
        assert_eq!(error.encode(), error.abi_encode());
        let error = VaultNotRebalancer {
            caller: a,
            rebalancer: Address::repeat_byte(1),
        };
        assert_eq!(error.encode(), error.abi_encode());
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let error = VaultFillerFailed {
                filler: a,
                reason: Bytes::from(vec![9; length]),
            };
            assert_eq!(error.encode(), error.abi_encode(), "{length}");
        }
    }
}
