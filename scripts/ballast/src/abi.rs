//! Typed bindings: the programs from their committed interfaces, counterparties as far as they are called.
#![allow(missing_docs, clippy::too_many_arguments)]

use alloy::{json_abi::JsonAbi, sol};
use anyhow::Result;

pub use self::{
    filler::Filler, lens::Lens, oracle::Oracle, policy::Policy, rebalancer::Rebalancer,
    vault::Vault,
};

/// The committed interfaces of every program, for whoever has no checkout at hand.
pub fn committed() -> Result<Vec<JsonAbi>> {
    let texts = [
        include_str!("../../../contracts/abi/Policy.json"),
        include_str!("../../../contracts/abi/Vault.json"),
        include_str!("../../../contracts/abi/Oracle.json"),
        include_str!("../../../contracts/abi/Rebalancer.json"),
        include_str!("../../../contracts/abi/Lens.json"),
        include_str!("../../../contracts/abi/FillerUniswapV3.json"),
        include_str!("../../../contracts/abi/FillerUniswapV2.json"),
        include_str!("../../../contracts/abi/FillerBalancerV2.json"),
        include_str!("../../../contracts/abi/FillerCall.json"),
    ];
    let read = |text| Ok(serde_json::from_str(text)?);
    texts.into_iter().map(read).collect()
}

/// The fillers' interface and the Uniswap V3 filler.
pub mod filler {
    use super::*;
    sol!(
        #[derive(Debug)]
        Filler,
        "../../contracts/abi/FillerUniswapV3.json"
    );
}
/// One-call reads.
pub mod lens {
    use super::*;
    sol!(
        #[derive(Debug)]
        Lens,
        "../../contracts/abi/Lens.json"
    );
}
/// Prices.
pub mod oracle {
    use super::*;
    sol!(
        #[derive(Debug)]
        Oracle,
        "../../contracts/abi/Oracle.json"
    );
}
/// Governance's decisions.
pub mod policy {
    use super::*;
    sol!(
        #[derive(Debug)]
        Policy,
        "../../contracts/abi/Policy.json"
    );
}
/// The choke-point of trades.
pub mod rebalancer {
    use super::*;
    sol!(
        #[derive(Debug)]
        Rebalancer,
        "../../contracts/abi/Rebalancer.json"
    );
}
/// Custody and shares.
pub mod vault {
    use super::*;
    sol!(
        #[derive(Debug)]
        Vault,
        "../../contracts/abi/Vault.json"
    );
}

sol! {
    interface IERC20 {
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function decimals() external view returns (uint8);
        function symbol() external view returns (string);
    }

    interface ITestToken {
        function mint(address to, uint256 amount) external;
    }

    interface IWETH9 {
        function deposit() external payable;
    }

    interface IPriceFeed {
        function set(int256 answer, uint256 updatedAt) external;
        function setMode(uint8 mode) external;
        function setDecimals(uint8 decimals) external;
    }

    interface IAggregator {
        function allow(address reader) external;
    }

    interface ISequencerFeed {
        function set(int256 answer, uint256 startedAt) external;
    }

    interface IUniswapV3Factory {
        function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
        function enableFeeAmount(uint24 fee, int24 tickSpacing) external;
    }

    interface IUniswapV3Pool {
        function slot0() external view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked);
        function liquidity() external view returns (uint128);
    }

    interface INonfungiblePositionManager {
        struct MintParams {
            address token0;
            address token1;
            uint24 fee;
            int24 tickLower;
            int24 tickUpper;
            uint256 amount0Desired;
            uint256 amount1Desired;
            uint256 amount0Min;
            uint256 amount1Min;
            address recipient;
            uint256 deadline;
        }
        function createAndInitializePoolIfNecessary(address token0, address token1, uint24 fee, uint160 sqrtPriceX96) external payable returns (address pool);
        function mint(MintParams calldata params) external payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1);
    }

    interface ISwapRouter02 {
        struct ExactInputSingleParams {
            address tokenIn;
            address tokenOut;
            uint24 fee;
            address recipient;
            uint256 amountIn;
            uint256 amountOutMinimum;
            uint160 sqrtPriceLimitX96;
        }
        function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut);
    }

    interface IVotes {
        function delegate(address delegatee) external;
    }

    interface ITimelock {
        function grantRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address callerConfirmation) external;
        function getMinDelay() external view returns (uint256);
        function schedule(address target, uint256 value, bytes calldata data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function scheduleBatch(address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes calldata payload, bytes32 predecessor, bytes32 salt) external payable;
        function executeBatch(address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads, bytes32 predecessor, bytes32 salt) external payable;
        function cancel(bytes32 id) external;
        function updateDelay(uint256 newDelay) external;
        function hashOperation(address target, uint256 value, bytes calldata data, bytes32 predecessor, bytes32 salt) external view returns (bytes32);
        function hashOperationBatch(address[] calldata targets, uint256[] calldata values, bytes[] calldata payloads, bytes32 predecessor, bytes32 salt) external view returns (bytes32);
    }

    interface IGovernor {
        function propose(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, string memory description) external returns (uint256 proposalId);
        function hashProposal(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external view returns (uint256);
        function castVote(uint256 proposalId, uint8 support) external returns (uint256);
        function queue(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external returns (uint256);
        function execute(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash) external payable returns (uint256);
        function votingDelay() external view returns (uint256);
        function votingPeriod() external view returns (uint256);
        function state(uint256 proposalId) external view returns (uint8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_documented_with_every_field() {
        let page = include_str!("../../../docs/events.md");
        let mut events = 0;
        for event in committed().unwrap().iter().flat_map(|abi| abi.events()) {
            events += 1;
            let head = format!("| `{}` |", event.name);
            let rows: Vec<_> = page.lines().filter(|row| row.starts_with(&head)).collect();
            assert_eq!(rows.len(), 1, "docs/events.md on {}", event.name);
            for field in &event.inputs {
                let (name, mark) = (format!("`{}`", field.name), format!("`{}` *i*", field.name));
                assert!(
                    rows[0].contains(&name),
                    "{} does not tell {name}",
                    event.name
                );
                assert_eq!(
                    rows[0].contains(&mark),
                    field.indexed,
                    "{} on {name}",
                    event.name
                );
            }
        }
        let rows = page
            .lines()
            .filter(|row| row.starts_with("| `") && !row.contains("lens."));
        assert_eq!(
            rows.count(),
            events,
            "docs/events.md tells of an event that there is not"
        );
    }
}
