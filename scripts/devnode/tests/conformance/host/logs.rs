//! Events.

use crate::{
    price::*,
    program::{word, Program},
    scene::Scene,
};
use devnode::exec::Status;

#[test]
fn an_event_costs_its_copy_and_what_the_evm_takes_for_topics_and_bytes() {
    for topics in 0..=4u64 {
        for bytes in [0u64, 1, 32, 100] {
            let len = 32 * topics + bytes;
            let data: Vec<u8> = (0..len).map(|index| index as u8).collect();
            let probe = Program::probe(format!(
                "(call $emit_log (i32.const 64) (i32.const {len}) (i32.const {topics}))"
            ))
            .data(64, &data);
            let mut scene = Scene::new();
            let program = scene.program(&probe);
            let message = scene.message(program, []);
            let reading = scene.probe_with(&message);
            let gas = 375 * (1 + topics) + 8 * bytes;
            assert_eq!(
                reading.ink,
                calling(3) + API_ONLY + read(len) + gas * GAS,
                "{topics} {bytes}"
            );
            let log = &reading.outcome.logs[0];
            assert_eq!((reading.outcome.logs.len(), log.address), (1, program));
            let words: Vec<&[u8]> = data.chunks(32).take(topics as usize).collect();
            assert_eq!(log.topics(), words);
            assert_eq!(log.data.data, data[32 * topics as usize..].to_vec());
        }
    }
}

#[test]
fn more_than_four_topics_or_less_data_than_topics_fails_the_program() {
    for (len, topics) in [(160, 5), (31, 1), (0, 1), (127, 4), (-1, 5), (0, -1)] {
        let program = Program::new(format!(
            "(call $write_result (i32.const 0) (i32.const 3))
             (call $emit_log (i32.const 64) (i32.const {len}) (i32.const {topics}))
             (i32.const 0)"
        ));
        let mut scene = Scene::new();
        let address = scene.program(&program);
        scene.call(address, []);
        let outcome = scene.call(address, []);
        assert_eq!(outcome.status, Status::Revert, "{len} {topics}");
        assert!(outcome.output.is_empty(), "{len} {topics}");
        // The data is not paid for: the base is.
        let ink = HEAD + calling(2) + BASE + 2 * read(3) + calling(3) - HEAD + API_ONLY;
        assert_eq!(
            outcome.gas_used,
            INTRINSIC + program.start() + gas(ink),
            "{len} {topics}"
        );
    }
}

#[test]
fn events_of_borrowed_code_are_the_borrowers() {
    let mut scene = Scene::new();
    let body = "(call $emit_log (i32.const 0) (i32.const 32) (i32.const 1)) (i32.const 0)";
    let library = scene.program(&Program::new(body));
    let proxy = scene.evm(crate::evm::asm(&format!(
        "0 0 0 0 {library} GAS DELEGATECALL STOP"
    )));
    let outcome = scene.call(proxy, []);
    assert_eq!(outcome.logs.len(), 1);
    assert_eq!(outcome.logs[0].address, proxy);
    assert_eq!(outcome.logs[0].topics(), [word(0)]);
}
