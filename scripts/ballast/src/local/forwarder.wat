;; Calls the address in the first 20 bytes of its calldata with the rest of it and with the ether that
;; came along, and ends as that ends. Ether without calldata is kept, so that what is sent back has
;; somewhere to go.
(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "msg_value" (func $msg_value (param i32)))
    (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    ;; 0: value; 32: length of what was returned; 64: calldata, then what was returned
    (memory (export "memory") 1)
    ;; Makes room for so many bytes from 64 on.
    (func $reserve (param $bytes i32)
        (local $missing i32)
        (local.set $missing
            (i32.sub
                (i32.shr_u (i32.add (local.get $bytes) (i32.const 65599)) (i32.const 16))
                (memory.size)))
        (if (i32.gt_s (local.get $missing) (i32.const 0))
            (then (drop (memory.grow (local.get $missing))))))
    (func (export "user_entrypoint") (param $len i32) (result i32)
        (local $status i32)
        (if (i32.eqz (local.get $len)) (then (return (i32.const 0))))
        (if (i32.lt_u (local.get $len) (i32.const 20)) (then (return (i32.const 1))))
        (call $reserve (local.get $len))
        (call $read_args (i32.const 64))
        (call $msg_value (i32.const 0))
        (local.set $status
            (call $call
                (i32.const 64)
                (i32.const 84)
                (i32.sub (local.get $len) (i32.const 20))
                (i32.const 0)
                (i64.const -1)
                (i32.const 32)))
        (call $reserve (i32.load (i32.const 32)))
        (drop (call $read_return_data (i32.const 64) (i32.const 0) (i32.load (i32.const 32))))
        (call $write_result (i32.const 64) (i32.load (i32.const 32)))
        (i32.ne (local.get $status) (i32.const 0))))
