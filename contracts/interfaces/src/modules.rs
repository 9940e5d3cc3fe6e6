//! The programs' interfaces as they call one another, and a filler's.
#![allow(missing_docs, clippy::too_many_arguments, deprecated)] // the macro writes them; docs/specification.md has every function

use alloc::{vec, vec::Vec};
use alloy_sol_types::{
    sol_data::{Address as SolAddress, Array, Bytes as SolBytes, Uint},
    SolType,
};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    call::{call, static_call, NonPayableCallContext, StaticCallContext},
    function_selector,
    prelude::sol_interface,
};

use crate::answers;

type CallError = stylus_sdk::call::Error;
type Addresses = Array<SolAddress>;
type Numbers = Array<Uint<256>>;

sol_interface! {
    interface IVault {
        function getReserve(address token) external view returns (uint256);
        function isConstituent(address token) external view returns (bool);
        function totalSupply() external view returns (uint256);
        function mintPausedUntil() external view returns (uint256);
        function isLocked() external view returns (bool);
        function previewRedeem(uint256 shares) external view returns (uint256[] memory);
    }

    interface IPolicy {
        function hasRole(bytes32 role, address account) external view returns (bool);
        function settleTargets() external;
        function modules() external view returns (address, address, address);
    }

    interface IOracle {
        function prices(address[] memory tokens) external view returns (uint256[] memory);
        function isPriced(address token) external view returns (bool);
    }

    interface IRebalancer {
        function state() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }

    interface IFiller {
        function fill(address[] memory sells, address[] memory buys, uint256[] memory amounts, uint256[] memory leasts, bytes memory data) external;
    }
}

// Functions that answer several values with an array among them are written out: the macro decodes the
// SDK's encoding of a tuple, which is not Solidity's (see `answers`).

impl IVault {
    pub fn holdings(
        &self,
        context: impl StaticCallContext,
    ) -> Result<(Vec<Address>, Vec<U256>), CallError> {
        let data = function_selector!("holdings");
        let returned = static_call(context, self.address, &data)?;
        Ok(answers::decode::<(Addresses, Numbers)>(&returned)?)
    }

    pub fn execute(
        &self,
        context: impl NonPayableCallContext,
        sells: Vec<Address>,
        buys: Vec<Address>,
        amounts: Vec<U256>,
        leasts: Vec<U256>,
        filler: Address,
        data: stylus_sdk::alloy_primitives::Bytes,
    ) -> Result<(Vec<U256>, Vec<U256>), CallError> {
        let mut calldata = function_selector!(
            "execute",
            Vec<Address>,
            Vec<Address>,
            Vec<U256>,
            Vec<U256>,
            Address,
            stylus_sdk::abi::Bytes
        )
        .to_vec();
        calldata.extend(<(
            Addresses,
            Addresses,
            Numbers,
            Numbers,
            SolAddress,
            SolBytes,
        )>::abi_encode_params(&(
            sells, buys, amounts, leasts, filler, data,
        )));
        let returned = call(context, self.address, &calldata)?;
        Ok(answers::decode::<(Numbers, Numbers)>(&returned)?)
    }
}

impl IPolicy {
    #[allow(clippy::type_complexity)]
    pub fn rules(
        &self,
        context: impl StaticCallContext,
        tokens: Vec<Address>,
    ) -> Result<
        (
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            U256,
            U256,
            U256,
        ),
        CallError,
    > {
        let mut calldata = function_selector!("rules", Vec<Address>).to_vec();
        calldata.extend(<(Addresses,)>::abi_encode_params(&(tokens,)));
        let returned = static_call(context, self.address, &calldata)?;
        Ok(answers::decode::<(
            Numbers,
            Numbers,
            Numbers,
            Numbers,
            Numbers,
            Uint<256>,
            Uint<256>,
            Uint<256>,
        )>(&returned)?)
    }
}

impl IOracle {
    #[allow(clippy::type_complexity)]
    pub fn market(
        &self,
        context: impl StaticCallContext,
        tokens: Vec<Address>,
    ) -> Result<(Vec<U256>, Vec<U256>, Vec<U256>, U256), CallError> {
        let mut calldata = function_selector!("market", Vec<Address>).to_vec();
        calldata.extend(<(Addresses,)>::abi_encode_params(&(tokens,)));
        let returned = static_call(context, self.address, &calldata)?;
        Ok(answers::decode::<(Numbers, Numbers, Numbers, Uint<256>)>(
            &returned,
        )?)
    }
}

impl IRebalancer {
    #[allow(clippy::type_complexity)]
    pub fn assess(
        &self,
        context: impl StaticCallContext,
    ) -> Result<
        (
            Vec<Address>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            Vec<U256>,
            U256,
            U256,
            U256,
        ),
        CallError,
    > {
        let data = function_selector!("assess");
        let returned = static_call(context, self.address, &data)?;
        Ok(answers::decode::<(
            Addresses,
            Numbers,
            Numbers,
            Numbers,
            Numbers,
            Uint<256>,
            Uint<256>,
            Uint<256>,
        )>(&returned)?)
    }
}
