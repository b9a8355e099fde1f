;; What a merge does to one row of a weight: makes float32 of its numbers, adds a row of a low-rank update, rounds to what a file
;; has. Addresses are bytes; rows are multiples of 8 numbers, of which `count` are meant.
(module
  (import "rows" "memory" (memory 1))

  ;; target[column] += sum over rank of left[index] * right[index][column]. `width` is a row's bytes, a multiple of 16.
  (func (export "add") (param $target i32) (param $left i32) (param $leftEnd i32) (param $right i32) (param $width i32)
    (local $end i32) (local $place i32) (local $index i32) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $target) (local.get $width)))
    ;; Sixteen columns at a time ...
    (block $few
      (loop $many
        (br_if $few (i32.lt_u (i32.sub (local.get $end) (local.get $target)) (i32.const 64)))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $b (v128.const i32x4 0 0 0 0))
        (local.set $c (v128.const i32x4 0 0 0 0))
        (local.set $d (v128.const i32x4 0 0 0 0))
        (local.set $place (local.get $right))
        (local.set $index (local.get $left))
        (loop $rank
          (local.set $factor (v128.load32_splat (local.get $index)))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $factor) (v128.load (local.get $place)))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $factor) (v128.load offset=16 (local.get $place)))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $factor) (v128.load offset=32 (local.get $place)))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $factor) (v128.load offset=48 (local.get $place)))))
          (local.set $place (i32.add (local.get $place) (local.get $width)))
          (br_if $rank (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 4))) (local.get $leftEnd))))
        (v128.store (local.get $target) (f32x4.add (v128.load (local.get $target)) (local.get $a)))
        (v128.store offset=16 (local.get $target) (f32x4.add (v128.load offset=16 (local.get $target)) (local.get $b)))
        (v128.store offset=32 (local.get $target) (f32x4.add (v128.load offset=32 (local.get $target)) (local.get $c)))
        (v128.store offset=48 (local.get $target) (f32x4.add (v128.load offset=48 (local.get $target)) (local.get $d)))
        (local.set $target (i32.add (local.get $target) (i32.const 64)))
        (local.set $right (i32.add (local.get $right) (i32.const 64)))
        (br $many)))
    ;; ... and four of what is left.
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $place (local.get $right))
        (local.set $index (local.get $left))
        (loop $rank
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (v128.load32_splat (local.get $index)) (v128.load (local.get $place)))))
          (local.set $place (i32.add (local.get $place) (local.get $width)))
          (br_if $rank (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 4))) (local.get $leftEnd))))
        (v128.store (local.get $target) (f32x4.add (v128.load (local.get $target)) (local.get $a)))
        (local.set $target (i32.add (local.get $target) (i32.const 16)))
        (local.set $right (i32.add (local.get $right) (i32.const 16)))
        (br $four))))

  ;; Four numbers of f16, in the lower halves of 32 bits, as float32: an exponent that is 112 too small, then times 2^112, which is
  ;; right for subnormal ones, too; infinity and NaN get the largest exponent.
  (func $wide (param $half v128) (result v128) (local $size v128)
    (local.set $size (i32x4.shl (v128.and (local.get $half) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff)) (i32.const 13)))
    (v128.or
      (v128.or
        (f32x4.mul (local.get $size) (v128.const i32x4 0x77800000 0x77800000 0x77800000 0x77800000))
        (v128.and
          (i32x4.ge_s (local.get $size) (v128.const i32x4 0x0f800000 0x0f800000 0x0f800000 0x0f800000))
          (v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000)))
      (i32x4.shl (v128.and (local.get $half) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)) (i32.const 16))))

  ;; Four numbers to the nearest f16, the even one halfway. Subnormal ones are what a sum with 1/2 leaves in its last bits.
  (func $half (param $value v128) (result v128) (local $size v128)
    (local.set $size (f32x4.abs (local.get $value)))
    (v128.or
      (v128.bitselect
        (i32x4.sub
          (f32x4.add (local.get $size) (v128.const f32x4 0.5 0.5 0.5 0.5))
          (v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000))
        (i32x4.shr_u
          (i32x4.add
            (i32x4.sub (local.get $size) (v128.const i32x4 0x37fff001 0x37fff001 0x37fff001 0x37fff001))
            (v128.and (i32x4.shr_u (local.get $size) (i32.const 13)) (v128.const i32x4 1 1 1 1)))
          (i32.const 13))
        (i32x4.lt_s (local.get $size) (v128.const i32x4 0x38800000 0x38800000 0x38800000 0x38800000)))
      (v128.and (i32x4.shr_u (local.get $value) (i32.const 16)) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000))))

  ;; Four numbers to the nearest bf16, the even one halfway; beyond the largest one they are infinity's.
  (func $short (param $value v128) (result v128)
    (i32x4.shr_u
      (i32x4.add
        (i32x4.add (local.get $value) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff))
        (v128.and (i32x4.shr_u (local.get $value) (i32.const 16)) (v128.const i32x4 1 1 1 1)))
      (i32.const 16)))

  (func (export "widenF16") (param $source i32) (param $target i32) (param $count i32) (local $end i32) (local $eight v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 1))))
    (loop $many
      (local.set $eight (v128.load (local.get $source)))
      (v128.store (local.get $target) (call $wide (i32x4.extend_low_i16x8_u (local.get $eight))))
      (v128.store offset=16 (local.get $target) (call $wide (i32x4.extend_high_i16x8_u (local.get $eight))))
      (local.set $target (i32.add (local.get $target) (i32.const 32)))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  (func (export "widenBF16") (param $source i32) (param $target i32) (param $count i32) (local $end i32) (local $eight v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 1))))
    (loop $many
      (local.set $eight (v128.load (local.get $source)))
      (v128.store (local.get $target) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $eight)) (i32.const 16)))
      (v128.store offset=16 (local.get $target)
        (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $eight)) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 32)))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Beside each other at `facts`: of four lanes each the largest loss, and the largest bits of what was rounded, without signs.
  (func (export "roundF16") (param $source i32) (param $target i32) (param $count i32) (param $facts i32)
    (local $end i32) (local $loss v128) (local $bits v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $loss (v128.load (local.get $facts)))
    (local.set $bits (v128.load offset=16 (local.get $facts)))
    (loop $many
      (local.set $a (v128.load (local.get $source)))
      (local.set $b (v128.load offset=16 (local.get $source)))
      (local.set $c (call $half (local.get $a)))
      (local.set $d (call $half (local.get $b)))
      (v128.store (local.get $target) (i16x8.narrow_i32x4_u (local.get $c) (local.get $d)))
      (local.set $loss (f32x4.max (local.get $loss) (f32x4.max
        (f32x4.abs (f32x4.sub (local.get $a) (call $wide (local.get $c))))
        (f32x4.abs (f32x4.sub (local.get $b) (call $wide (local.get $d)))))))
      (local.set $bits (i32x4.max_u (local.get $bits)
        (i32x4.max_u (f32x4.abs (local.get $a)) (f32x4.abs (local.get $b)))))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 32))) (local.get $end))))
    (v128.store (local.get $facts) (local.get $loss))
    (v128.store offset=16 (local.get $facts) (local.get $bits)))

  (func (export "roundBF16") (param $source i32) (param $target i32) (param $count i32) (param $facts i32)
    (local $end i32) (local $loss v128) (local $bits v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $loss (v128.load (local.get $facts)))
    (local.set $bits (v128.load offset=16 (local.get $facts)))
    (loop $many
      (local.set $a (v128.load (local.get $source)))
      (local.set $b (v128.load offset=16 (local.get $source)))
      (local.set $c (call $short (local.get $a)))
      (local.set $d (call $short (local.get $b)))
      (v128.store (local.get $target) (i16x8.narrow_i32x4_u (local.get $c) (local.get $d)))
      (local.set $loss (f32x4.max (local.get $loss) (f32x4.max
        (f32x4.abs (f32x4.sub (local.get $a) (i32x4.shl (local.get $c) (i32.const 16))))
        (f32x4.abs (f32x4.sub (local.get $b) (i32x4.shl (local.get $d) (i32.const 16)))))))
      (local.set $bits (i32x4.max_u (local.get $bits)
        (i32x4.max_u (f32x4.abs (local.get $a)) (f32x4.abs (local.get $b)))))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 32))) (local.get $end))))
    (v128.store (local.get $facts) (local.get $loss))
    (v128.store offset=16 (local.get $facts) (local.get $bits)))

  ;; The same of numbers that stay as they are.
  (func (export "measureF32") (param $source i32) (param $count i32) (param $facts i32) (local $end i32) (local $bits v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $bits (v128.load offset=16 (local.get $facts)))
    (loop $many
      (local.set $bits (i32x4.max_u (local.get $bits) (i32x4.max_u
        (f32x4.abs (v128.load (local.get $source))) (f32x4.abs (v128.load offset=16 (local.get $source))))))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 32))) (local.get $end))))
    (v128.store offset=16 (local.get $facts) (local.get $bits))))
