//! A key that stays in a Ledger: the device tells its address, and is asked for each signature.

use alloy::{network::EthereumWallet, primitives::Address};

use super::path::DerivationPath;
use crate::failure::{Failure, Kind, Outcome};

#[cfg(feature = "ledger")]
pub(super) use device::open;

/// Says how to build what this program was built without.
#[cfg(not(feature = "ledger"))]
pub(super) async fn open(_: &DerivationPath) -> Outcome<(Address, EthereumWallet)> {
    Err(
        Failure::new(Kind::Key, "this program was built without hardware keys").next(
            "build it with them: cargo install --locked --path scripts/cli --features ledger",
        ),
    )
}

#[cfg(feature = "ledger")]
mod device {
    use alloy::network::TxSigner;
    use alloy_signer_ledger::{
        coins_ledger::{errors::LedgerError as Exchange, transports::native::NativeTransportError},
        HDPath, LedgerError, LedgerSigner,
    };
    use hidapi_rusb::HidApi;

    use super::*;

    const UNLOCK: &str = "connect the Ledger, unlock it and open its Ethereum app; \
        on Linux a udev rule must let you use it (docs/cli.md)";

    /// The address of the key at `path`, and who signs with it.
    pub(in crate::keys) async fn open(path: &DerivationPath) -> Outcome<(Address, EthereumWallet)> {
        // The transport takes USB for granted, and panics where there is none.
        HidApi::new().map_err(|error| {
            Failure::new(Kind::Key, format!("cannot look for a Ledger: USB: {error}")).next(UNLOCK)
        })?;
        // Which chain a transaction is for stands in the transaction itself.
        let signer = LedgerSigner::new(HDPath::Other(path.to_string()), None)
            .await
            .map_err(|error| silent(path, &error))?;
        Ok((TxSigner::address(&signer), EthereumWallet::from(signer)))
    }

    /// Why no address came.
    fn silent(path: &DerivationPath, error: &LedgerError) -> Failure {
        let told = match error {
            LedgerError::LedgerError(Exchange::NativeTransportError(
                NativeTransportError::DeviceNotFound,
            )) => "no Ledger is connected".to_owned(),
            LedgerError::LedgerError(Exchange::NativeTransportError(
                NativeTransportError::CantOpen(error),
            )) => {
                return Failure::new(Kind::Key, format!("cannot open the Ledger: {error}")).next(
                    "close what else uses it, such as Ledger Live; \
                     on Linux a udev rule must let you use it (docs/cli.md)",
                );
            }
            // So the client tells a status that it has no name for, such as that of a locked device.
            LedgerError::UnexpectedNullResponse => {
                format!("the Ledger tells no address at {path}")
            }
            other => format!("the Ledger tells no address at {path}: {other}"),
        };
        Failure::new(Kind::Key, told).next(UNLOCK)
    }
}
