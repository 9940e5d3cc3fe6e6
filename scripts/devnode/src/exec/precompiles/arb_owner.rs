//! `ArbOwner`: what chain owners may change. Others lose all gas; owners pay none.

use super::{
    super::{
        arbos::{self, members::Members, Field, Record, Store},
        pricing::{
            activation, Params, MIN_CACHED_INIT_GAS_UNIT, MIN_INIT_GAS_UNIT, SCALAR_PERCENT,
        },
    },
    answer,
    arb_owner_public::CALLDATA_FLOOR,
    Answer, Call, Fault, Methods, Purity,
};
use alloy::{
    primitives::{Address, Bytes, FixedBytes, B256, U256},
    sol,
    sol_types::SolValue,
};

/// Highest level that brotli has.
const BROTLI_LEVELS: u64 = 11;

sol! {
    #[allow(missing_docs)]
    interface ArbOwner {
        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function setFilteredFundsRecipient(address newRecipient) external;
        function getFilteredFundsRecipient() external view returns (address);
        function setL1BaseFeeEstimateInertia(uint64 inertia) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setMaxBlockGasLimit(uint64 limit) external;
        function setL2GasPricingInertia(uint64 sec) external;
        function setL2GasBacklogTolerance(uint64 sec) external;
        function setGasBacklog(uint64 backlog) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address newNetworkFeeAccount) external;
        function setInfraFeeAccount(address newInfraFeeAccount) external;
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setL1PricingEquilibrationUnits(uint256 equilibrationUnits) external;
        function setL1PricingInertia(uint64 inertia) external;
        function setL1PricingRewardRecipient(address recipient) external;
        function setL1PricingRewardRate(uint64 weiPerUnit) external;
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setParentGasFloorPerToken(uint64 floorPerToken) external;
        function setPerBatchGasCharge(int64 cost) external;
        function setAmortizedCostCapBips(uint64 cap) external;
        function setBrotliCompressionLevel(uint64 level) external;
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 _days) external;
        function setWasmKeepaliveDays(uint16 _days) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function setWasmActivationGas(uint64 gas) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setCalldataPriceIncrease(bool enable) external;
        function setNativeTokenManagementFrom(uint64 timestamp) external;
        function addNativeTokenOwner(address newOwner) external;
        function removeNativeTokenOwner(address ownerToRemove) external;
        function setTransactionFilteringFrom(uint64 timestamp) external;
        function addTransactionFilterer(address filterer) external;
        function removeTransactionFilterer(address filterer) external;
        function setL2BaseFee(uint256 priceInWei) external;
        function setMinimumL2BaseFee(uint256 priceInWei) external;
        function setCollectTips(bool collectTips) external;
        function setChainConfig(string calldata chainConfig) external;
        function setGasPricingConstraints(uint64[3][] calldata constraints) external;
        function releaseL1PricerSurplusFunds(uint256 maxWeiToRelease) external returns (uint256);

        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);
        event FilteredFundsRecipientSet(address indexed newRecipient);
    }
}

/// Lets owners in, gives their gas back, and announces what they did.
pub(crate) fn guarded(call: &mut Call<'_>, input: &[u8]) -> Answer {
    call.burn(activation::ARBOS_READ)?;
    let caller = call.caller;
    if !Members::chain_owners().contains(call, caller)? {
        return Err(Fault::Fatal(format!("{caller} is not a chain owner")));
    }
    call.gas_left = call.gas_limit;
    let result = answer::<ArbOwner::ArbOwnerCalls>(call, input);
    call.gas_left = call.gas_limit;
    match result {
        Ok(output) => {
            if !call.is_static {
                call.announce(&ArbOwner::OwnerActs {
                    method: FixedBytes::from_slice(&input[..4]),
                    owner: caller,
                    data: Bytes::copy_from_slice(input),
                });
            }
            Ok(output)
        }
        Err(Fault::Unknown(why)) => Err(Fault::Unnamed(why)),
        Err(Fault::OutOfGas) => Err(Fault::unnamed("out of gas")),
        Err(other) => Err(other),
    }
}

impl Methods for ArbOwner::ArbOwnerCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::isChainOwner(_)
            | Self::getAllChainOwners(_)
            | Self::isNativeTokenOwner(_)
            | Self::getAllNativeTokenOwners(_)
            | Self::isTransactionFilterer(_)
            | Self::getAllTransactionFilterers(_)
            | Self::getFilteredFundsRecipient(_)
            | Self::getNetworkFeeAccount(_)
            | Self::getInfraFeeAccount(_) => Purity::View,
            _ => Purity::Write,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let word = |address: Address| -> U256 { address.into_word().into() };
        let number = |number: u64| U256::from(number);
        let (field, value) = match self {
            Self::isChainOwner(a) => {
                return Ok(Members::chain_owners().contains(call, a.addr)?.abi_encode());
            }
            Self::getAllChainOwners(_) => {
                return Ok(Members::chain_owners().all(call)?.abi_encode())
            }
            Self::isNativeTokenOwner(a) => {
                let set = Members::native_token_owners();
                return Ok(set.contains(call, a.addr)?.abi_encode());
            }
            Self::getAllNativeTokenOwners(_) => {
                return Ok(Members::native_token_owners().all(call)?.abi_encode());
            }
            Self::isTransactionFilterer(a) => {
                let set = Members::filterers();
                return Ok(set.contains(call, a.filterer)?.abi_encode());
            }
            Self::getAllTransactionFilterers(_) => {
                return Ok(Members::filterers().all(call)?.abi_encode());
            }
            Self::getFilteredFundsRecipient(_) => {
                return Ok(call.field(Field::FILTERED_FUNDS_TO)?.abi_encode());
            }
            Self::getNetworkFeeAccount(_) => {
                return Ok(call.field(Field::NETWORK_FEE_ACCOUNT)?.abi_encode());
            }
            Self::getInfraFeeAccount(_) => {
                return Ok(call.field(Field::INFRA_FEE_ACCOUNT)?.abi_encode());
            }
            Self::addChainOwner(a) => {
                Members::chain_owners().add(call, a.newOwner)?;
                let owner = a.newOwner;
                return done(call.emit(&ArbOwner::ChainOwnerAdded { owner }));
            }
            Self::removeChainOwner(a) => {
                let owner = a.ownerToRemove;
                remove(call, Members::chain_owners(), owner)?;
                return done(call.emit(&ArbOwner::ChainOwnerRemoved { owner }));
            }
            Self::addWasmCacheManager(a) => {
                return done(Members::cache_managers().add(call, a.manager))
            }
            Self::removeWasmCacheManager(a) => {
                return done(remove(call, Members::cache_managers(), a.manager));
            }
            Self::setFilteredFundsRecipient(a) => {
                let (field, to) = (Field::FILTERED_FUNDS_TO, a.newRecipient);
                call.set_field(field, word(to))?;
                let event = ArbOwner::FilteredFundsRecipientSet { newRecipient: to };
                return done(call.emit(&event));
            }
            Self::scheduleArbOSUpgrade(a) => {
                call.set_field(Field::UPGRADE_VERSION, number(a.newVersion))?;
                (Field::UPGRADE_TIME, number(a.timestamp))
            }
            Self::setCalldataPriceIncrease(a) => {
                let mut features = call.field(Field::FEATURES)?;
                features.set_bit(CALLDATA_FLOOR, a.enable);
                (Field::FEATURES, features)
            }
            Self::setSpeedLimit(a) => (Field::SPEED_LIMIT, positive("speed limit", a.limit)?),
            Self::setL2GasPricingInertia(a) => {
                (Field::L2_INERTIA, positive("pricing inertia", a.sec)?)
            }
            Self::setBrotliCompressionLevel(a) if a.level > BROTLI_LEVELS => {
                return Err(Fault::Unnamed(format!(
                    "brotli level {} is above {BROTLI_LEVELS}",
                    a.level
                )));
            }
            Self::setBrotliCompressionLevel(a) => (Field::BROTLI_LEVEL, number(a.level)),
            Self::setMaxTxGasLimit(a) => (Field::TX_GAS_LIMIT, number(a.limit)),
            Self::setMaxBlockGasLimit(a) => (Field::BLOCK_GAS_LIMIT, number(a.limit)),
            Self::setL2GasBacklogTolerance(a) => (Field::BACKLOG_TOLERANCE, number(a.sec)),
            Self::setGasBacklog(a) => (Field::GAS_BACKLOG, number(a.backlog)),
            Self::setNetworkFeeAccount(a) => {
                (Field::NETWORK_FEE_ACCOUNT, word(a.newNetworkFeeAccount))
            }
            Self::setInfraFeeAccount(a) => (Field::INFRA_FEE_ACCOUNT, word(a.newInfraFeeAccount)),
            Self::setL1BaseFeeEstimateInertia(a) => (Field::L1_INERTIA, number(a.inertia)),
            Self::setL1PricingInertia(a) => (Field::L1_INERTIA, number(a.inertia)),
            Self::setL1PricingEquilibrationUnits(a) => {
                (Field::EQUILIBRATION_UNITS, a.equilibrationUnits)
            }
            Self::setL1PricingRewardRecipient(a) => (Field::REWARDS_TO, word(a.recipient)),
            Self::setL1PricingRewardRate(a) => (Field::REWARD_RATE, number(a.weiPerUnit)),
            Self::setL1PricePerUnit(a) => (Field::L1_PRICE, a.pricePerUnit),
            Self::setParentGasFloorPerToken(a) => {
                (Field::GAS_FLOOR_PER_TOKEN, number(a.floorPerToken))
            }
            // Kept as its 64 bits, as Nitro does.
            Self::setPerBatchGasCharge(a) => (Field::PER_BATCH_GAS, number(a.cost as u64)),
            Self::setAmortizedCostCapBips(a) => (Field::AMORTIZED_CAP, number(a.cap)),
            Self::setWasmActivationGas(a) => (Field::ACTIVATION_GAS, number(a.gas)),
            Self::setNativeTokenManagementFrom(_)
            | Self::addNativeTokenOwner(_)
            | Self::removeNativeTokenOwner(_) => {
                return Err(Fault::not_modelled("owners of the chain's token"));
            }
            Self::setTransactionFilteringFrom(_)
            | Self::addTransactionFilterer(_)
            | Self::removeTransactionFilterer(_) => {
                return Err(Fault::not_modelled("filtering of transactions"));
            }
            Self::setL2BaseFee(_)
            | Self::setMinimumL2BaseFee(_)
            | Self::setGasPricingConstraints(_) => {
                return Err(Fault::not_modelled(
                    "ArbOS's pricing of gas: set the base fee of the chain itself",
                ));
            }
            Self::setCollectTips(_) => return Err(Fault::not_modelled("tips")),
            Self::setChainConfig(_) => return Err(Fault::not_modelled("a chain config")),
            Self::releaseL1PricerSurplusFunds(_) => {
                return Err(Fault::not_modelled("the funds of the L1 pricer"));
            }
            wasm => return done(set_wasm(call, wasm)),
        };
        done(call.set_field(field, value))
    }
}

/// Nothing to return.
fn done(result: Result<(), Fault>) -> Answer {
    result.map(|()| Vec::new())
}

fn positive(what: &str, value: u64) -> Result<U256, Fault> {
    if value == 0 {
        return Err(Fault::Unnamed(format!("the {what} cannot be 0")));
    }
    Ok(U256::from(value))
}

fn remove(call: &mut Call<'_>, set: Members, who: Address) -> Result<(), Fault> {
    if !set.contains(call, who)? {
        return Err(Fault::Unnamed(format!("{who} is none of them")));
    }
    set.remove(call, who)
}

/// Sets one of the Stylus parameters.
fn set_wasm(call: &mut Call<'_>, method: ArbOwner::ArbOwnerCalls) -> Result<(), Fault> {
    use ArbOwner::ArbOwnerCalls as M;
    call.burn(activation::PARAMS_READ)?;
    let mut params: Params = call.ctx.chain.params();
    let units = |value: u64, unit: u64| u8::try_from(value.div_ceil(unit)).unwrap_or(u8::MAX);
    match method {
        M::setInkPrice(a) => params.ink_price = a.price,
        M::setWasmMaxStackDepth(a) => params.max_stack_depth = a.depth,
        M::setWasmFreePages(a) => params.free_pages = a.pages,
        M::setWasmPageGas(a) => params.page_gas = a.gas,
        M::setWasmPageLimit(a) => params.page_limit = a.limit,
        M::setWasmMaxSize(a) => params.max_wasm_size = a.size,
        M::setWasmMinInitGas(a) => {
            params.min_init_gas = units(a.gas.into(), MIN_INIT_GAS_UNIT);
            params.min_cached_init_gas = units(a.cached.into(), MIN_CACHED_INIT_GAS_UNIT);
        }
        M::setWasmInitCostScalar(a) => params.init_cost_scalar = units(a.percent, SCALAR_PERCENT),
        M::setWasmExpiryDays(a) => params.expiry_days = a._days,
        M::setWasmKeepaliveDays(a) => params.keepalive_days = a._days,
        M::setWasmBlockCacheSize(a) => params.block_cache_size = a.count,
        M::setMaxStylusContractFragments(a) => params.max_fragments = a.maxFragments,
        _ => return Err(Fault::not_modelled("this method of ArbOwner")),
    }
    params
        .check()
        .map_err(|refused| Fault::Unnamed(refused.to_string()))?;
    call.set(arbos::slot(Record::Params, B256::ZERO), params.pack())?;
    call.ctx.chain.params = Some(params);
    Ok(())
}
