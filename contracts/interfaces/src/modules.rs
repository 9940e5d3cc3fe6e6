//! The programs' interfaces as they call one another, and a filler's.
#![allow(missing_docs, clippy::too_many_arguments)] // the macro writes them; docs/specification.md has every function

use alloc::vec;
use stylus_sdk::prelude::sol_interface;

sol_interface! {
    interface IVault {
        function holdings() external view returns (address[] memory, uint256[] memory);
        function getReserve(address token) external view returns (uint256);
        function isConstituent(address token) external view returns (bool);
        function totalSupply() external view returns (uint256);
        function mintPausedUntil() external view returns (uint256);
        function isLocked() external view returns (bool);
        function previewRedeem(uint256 shares) external view returns (uint256[] memory);
        function execute(address[] memory sells, address[] memory buys, uint256[] memory amounts, uint256[] memory leasts, address filler, bytes memory data) external returns (uint256[] memory, uint256[] memory);
    }

    interface IPolicy {
        function hasRole(bytes32 role, address account) external view returns (bool);
        function rules(address[] memory tokens) external view returns (uint256[] memory, uint256[] memory, uint256[] memory, uint256, uint256, uint256);
        function settleTargets() external;
        function modules() external view returns (address, address, address);
    }

    interface IOracle {
        function prices(address[] memory tokens) external view returns (uint256[] memory);
        function isPriced(address token) external view returns (bool);
    }

    interface IRebalancer {
        function state() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function assess() external view returns (address[] memory, uint256[] memory, uint256[] memory, uint256[] memory, uint256[] memory, uint256, uint256, uint256);
    }

    interface IFiller {
        function fill(address[] memory sells, address[] memory buys, uint256[] memory amounts, uint256[] memory leasts, bytes memory data) external;
    }
}
