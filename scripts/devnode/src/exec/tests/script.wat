;; A program that does what its calldata says. Each command is one byte and its operands; what a
;; command yields is appended to the result, which is returned at the end.
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "exit_early" (func $exit_early (param i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "return_data_size" (func $return_size (result i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (import "vm_hooks" "contract_address" (func $address (param i32)))
  (import "vm_hooks" "block_number" (func $number (result i64)))
  (import "vm_hooks" "account_code_size" (func $code_size (param i32) (result i32)))
  (import "vm_hooks" "account_codehash" (func $code_hash (param i32 i32)))
  (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
  (import "vm_hooks" "tx_origin" (func $origin (param i32)))
  (import "vm_hooks" "evm_ink_left" (func $ink (result i64)))
  (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
  (memory (export "memory") 1)
  (global $in (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 32768))

  ;; Steps over operands and tells where they were.
  (func $take (param $bytes i32) (result i32)
    (global.get $in)
    (global.set $in (i32.add (global.get $in) (local.get $bytes))))
  ;; Where the next result goes; steps over it.
  (func $give (param $bytes i32) (result i32)
    (global.get $out)
    (global.set $out (i32.add (global.get $out) (local.get $bytes))))
  (func $give_byte (param $byte i32)
    (i32.store8 (call $give (i32.const 1)) (local.get $byte)))
  (func $forever (param i32) (result i32)
    (i32.add (i32.const 1) (call $forever (local.get 0))))
  (func $spin (loop $again (br $again)))

  (func $give_return_data (param $ok i32)
    (local $size i32)
    (local.set $size (call $return_size))
    (call $give_byte (local.get $ok))
    (drop (call $return_data (call $give (local.get $size)) (i32.const 0) (local.get $size))))

  (func $do_call
    (local $kind i32) (local $to i32) (local $value i32) (local $gas i64) (local $len i32) (local $data i32)
    (local.set $kind (i32.load8_u (call $take (i32.const 1))))
    (local.set $to (call $take (i32.const 20)))
    (local.set $value (call $take (i32.const 32)))
    (local.set $gas (i64.load (call $take (i32.const 8))))
    (local.set $len (i32.load (call $take (i32.const 4))))
    (local.set $data (call $take (local.get $len)))
    (if (i32.eqz (local.get $kind)) (then
      (call $give_return_data (call $call (local.get $to) (local.get $data) (local.get $len) (local.get $value) (local.get $gas) (i32.const 16)))
      (return)))
    (if (i32.eq (local.get $kind) (i32.const 1)) (then
      (call $give_return_data (call $delegate (local.get $to) (local.get $data) (local.get $len) (local.get $gas) (i32.const 16)))
      (return)))
    (call $give_return_data (call $static (local.get $to) (local.get $data) (local.get $len) (local.get $gas) (i32.const 16))))

  (func $do_create
    (local $kind i32) (local $value i32) (local $salt i32) (local $len i32) (local $data i32) (local $to i32)
    (local.set $kind (i32.load8_u (call $take (i32.const 1))))
    (local.set $value (call $take (i32.const 32)))
    (local.set $salt (call $take (i32.const 32)))
    (local.set $len (i32.load (call $take (i32.const 4))))
    (local.set $data (call $take (local.get $len)))
    (local.set $to (call $give (i32.const 20)))
    (if (local.get $kind)
      (then (call $create2 (local.get $data) (local.get $len) (local.get $value) (local.get $salt) (local.get $to) (i32.const 16)))
      (else (call $create1 (local.get $data) (local.get $len) (local.get $value) (local.get $to) (i32.const 16))))
    (call $give_return_data (i32.const 0)))

  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $op i32) (local $end i32) (local $at i32)
    (global.set $in (i32.const 1024))
    (local.set $end (i32.add (global.get $in) (local.get $len)))
    (call $read_args (global.get $in))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (global.get $in) (local.get $end)))
        (local.set $op (i32.load8_u (call $take (i32.const 1))))
        (block $x (block $18 (block $17 (block $16 (block $15 (block $14 (block $13 (block $12
        (block $11 (block $10 (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3
        (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $x (local.get $op)))
          ;; 0: store key value
          (call $cache (call $take (i32.const 32)) (call $take (i32.const 32))) (br $next))
          ;; 1: load key
          (call $load (call $take (i32.const 32)) (call $give (i32.const 32))) (br $next))
          ;; 2: flush clear
          (call $flush (i32.load8_u (call $take (i32.const 1)))) (br $next))
          ;; 3: call kind to value gas length data
          (call $do_call) (br $next))
          ;; 4: log topics length data
          (local.set $op (i32.load8_u (call $take (i32.const 1))))
          (local.set $at (i32.load (call $take (i32.const 4))))
          (call $log (call $take (local.get $at)) (local.get $at) (local.get $op)) (br $next))
          ;; 5: trap
          (unreachable))
          ;; 6: run for ever
          (call $spin) (br $next))
          ;; 7: recurse for ever
          (drop (call $forever (i32.const 0))) (br $next))
          ;; 8: return status
          (call $write_result (i32.const 32768) (i32.sub (global.get $out) (i32.const 32768)))
          (return (i32.load8_u (call $take (i32.const 1)))))
          ;; 9: who: sender, address, origin, value
          (call $sender (call $give (i32.const 20)))
          (call $address (call $give (i32.const 20)))
          (call $origin (call $give (i32.const 20)))
          (call $value (call $give (i32.const 32))) (br $next))
          ;; 10: reentrant
          (call $give_byte (call $reentrant)) (br $next))
          ;; 11: block number
          (i64.store (call $give (i32.const 8)) (call $number)) (br $next))
          ;; 12: grow pages
          (call $give_byte (i32.ne (memory.grow (i32.load (call $take (i32.const 4)))) (i32.const -1))) (br $next))
          ;; 13: create kind value salt length data
          (call $do_create) (br $next))
          ;; 14: transient store key value
          (call $tstore (call $take (i32.const 32)) (call $take (i32.const 32))) (br $next))
          ;; 15: transient load key
          (call $tload (call $take (i32.const 32)) (call $give (i32.const 32))) (br $next))
          ;; 16: exit early with status
          (call $write_result (i32.const 32768) (i32.sub (global.get $out) (i32.const 32768)))
          (call $exit_early (i32.load8_u (call $take (i32.const 1)))) (br $next))
          ;; 17: account: code size, code hash, balance
          (local.set $at (call $take (i32.const 20)))
          (i32.store (call $give (i32.const 4)) (call $code_size (local.get $at)))
          (call $code_hash (local.get $at) (call $give (i32.const 32)))
          (call $balance (local.get $at) (call $give (i32.const 32))) (br $next))
          ;; 18: ink left
          (i64.store (call $give (i32.const 8)) (call $ink)) (br $next))
        (unreachable)))
    (call $write_result (i32.const 32768) (i32.sub (global.get $out) (i32.const 32768)))
    (i32.const 0)))
