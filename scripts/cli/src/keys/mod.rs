//! Whose transactions are signed: an encrypted keystore, a Ledger, or a key in the environment.

mod ledger;
mod path;

use std::path::Path;

use alloy::{
    network::EthereumWallet,
    primitives::Address,
    signers::local::{LocalSigner, PrivateKeySigner},
};

use crate::{
    cli::Keys,
    failure::{Failure, Kind, Outcome},
    terminal::Terminal,
};

pub(crate) use path::DerivationPath;

/// Who acts, and whether it can sign.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) address: Address,
    pub(crate) wallet: EthereumWallet,
    pub(crate) signs: bool,
}

/// Who acts by the options; `must_sign` refuses an account without a key.
pub(crate) async fn actor(keys: &Keys, must_sign: bool, terminal: &Terminal) -> Outcome<Actor> {
    if let (Some(file), Some(path)) = (&keys.keystore, &keys.ledger) {
        return Err(Failure::new(
            Kind::Key,
            format!(
                "two keys are named: the keystore {} and the Ledger's at {path}",
                file.display()
            ),
        )
        .next("leave --ledger out, or --keystore and BALLAST_KEYSTORE"));
    }
    // Whoever only looks need not unlock anything.
    let signer = match keys.from {
        Some(_) if !must_sign => None,
        _ => signer(keys, must_sign, terminal).await?,
    };
    match (signer, keys.from) {
        (Some((address, _)), Some(from)) if address != from => Err(Failure::new(
            Kind::Key,
            format!("the key is of {address}, not of {from}"),
        )
        .next("leave --from out, or name the key of that account")),
        (Some((address, wallet)), _) => Ok(Actor {
            address,
            wallet,
            signs: true,
        }),
        (None, from) if !must_sign => Ok(Actor {
            address: from.unwrap_or_default(),
            wallet: EthereumWallet::default(),
            signs: false,
        }),
        (None, _) => Err(
            Failure::new(Kind::Key, "there is no key to sign with").next(format!(
                "name a keystore with --keystore, use a Ledger with --ledger, or put a private key into the environment as {}",
                keys.key_env
            )),
        ),
    }
}

/// The account of the key that is named, and who signs with it.
async fn signer(
    keys: &Keys,
    must_sign: bool,
    terminal: &Terminal,
) -> Outcome<Option<(Address, EthereumWallet)>> {
    if let Some(path) = &keys.ledger {
        return match ledger::open(path).await {
            Err(failure) if !must_sign => Err(or_from(failure)),
            opened => opened.map(Some),
        };
    }
    let local = |signer: PrivateKeySigner| (signer.address(), EthereumWallet::from(signer));
    if let Some(file) = &keys.keystore {
        // Its address stands in it unencrypted only by custom, so a dry run asks for the password too.
        return unlock(file, keys.password_file.as_deref(), must_sign, terminal)
            .map(|signer| Some(local(signer)));
    }
    match std::env::var(&keys.key_env) {
        Ok(text) if !text.trim().is_empty() => match text.trim().parse() {
            Ok(signer) => Ok(Some(local(signer))),
            // The text is not repeated: it may be a key with a slip in it.
            Err(_) => Err(Failure::new(
                Kind::Key,
                format!(
                    "{} holds no private key: 64 hexadecimal digits are one",
                    keys.key_env
                ),
            )),
        },
        _ => Ok(None),
    }
}

/// What helps whoever only looks, after what helps whoever acts.
fn or_from(failure: Failure) -> Failure {
    let hint = "a dry run needs no key: name the account with --from";
    let next = match &failure.next {
        Some(next) => format!("{next}; {hint}"),
        None => hint.into(),
    };
    failure.next(next)
}

fn unlock(
    file: &Path,
    password_file: Option<&Path>,
    must_sign: bool,
    terminal: &Terminal,
) -> Outcome<PrivateKeySigner> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Failure::new(
            Kind::Key,
            format!("cannot read {}: {error}", path.display()),
        )
    };
    // Told apart from a wrong password before anything is asked.
    std::fs::metadata(file).map_err(|error| unreadable(file, error))?;
    let password = match password_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => terminal.password(&format!("Password of {}: ", file.display()))?,
    };
    LocalSigner::decrypt_keystore(file, password).map_err(|error| {
        let failure = Failure::new(
            Kind::Key,
            format!("cannot unlock {}: {error}", file.display()),
        );
        match must_sign {
            true => failure,
            false => or_from(failure),
        }
    })
}
