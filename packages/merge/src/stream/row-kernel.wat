;; Adds one row of a low-rank update to a row of a weight, in float32 or in bf16. Addresses are bytes.
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

  ;; Sixteen bits of four numbers in bf16, the nearest, the even one halfway; beyond the largest number they are infinity's.
  (func $rounded (param $value v128) (result v128)
    (i32x4.shr_u
      (i32x4.add
        (i32x4.add (local.get $value) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff))
        (v128.and (i32x4.shr_u (local.get $value) (i32.const 16)) (v128.const i32x4 1 1 1 1)))
      (i32.const 16)))

  ;; One row in bf16 from `source`, plus the update, rounded to bf16 into `target`. Beside each other at `facts`: the largest
  ;; loss of four lanes, and the largest bits of what was rounded, without signs. `columns` is a multiple of 16.
  (func (export "addRounded") (param $source i32) (param $target i32) (param $left i32) (param $leftEnd i32)
    (param $right i32) (param $columns i32) (param $facts i32)
    (local $end i32) (local $width i32) (local $place i32) (local $index i32) (local $factor v128)
    (local $low v128) (local $high v128) (local $loss v128) (local $bits v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $columns) (i32.const 1))))
    (local.set $width (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $loss (v128.load (local.get $facts)))
    (local.set $bits (v128.load offset=16 (local.get $facts)))
    (loop $many
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
      (local.set $low (v128.load (local.get $source)))
      (local.set $high (v128.load offset=16 (local.get $source)))
      (local.set $a (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $low)) (i32.const 16)) (local.get $a)))
      (local.set $b (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $low)) (i32.const 16)) (local.get $b)))
      (local.set $c (f32x4.add (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $high)) (i32.const 16)) (local.get $c)))
      (local.set $d (f32x4.add (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $high)) (i32.const 16)) (local.get $d)))
      (local.set $e (call $rounded (local.get $a)))
      (local.set $f (call $rounded (local.get $b)))
      (local.set $g (call $rounded (local.get $c)))
      (local.set $h (call $rounded (local.get $d)))
      (v128.store (local.get $target) (i16x8.narrow_i32x4_u (local.get $e) (local.get $f)))
      (v128.store offset=16 (local.get $target) (i16x8.narrow_i32x4_u (local.get $g) (local.get $h)))
      (local.set $loss (f32x4.max (local.get $loss) (f32x4.max
        (f32x4.max
          (f32x4.abs (f32x4.sub (local.get $a) (i32x4.shl (local.get $e) (i32.const 16))))
          (f32x4.abs (f32x4.sub (local.get $b) (i32x4.shl (local.get $f) (i32.const 16)))))
        (f32x4.max
          (f32x4.abs (f32x4.sub (local.get $c) (i32x4.shl (local.get $g) (i32.const 16))))
          (f32x4.abs (f32x4.sub (local.get $d) (i32x4.shl (local.get $h) (i32.const 16))))))))
      (local.set $bits (i32x4.max_u (local.get $bits) (i32x4.max_u
        (i32x4.max_u (f32x4.abs (local.get $a)) (f32x4.abs (local.get $b)))
        (i32x4.max_u (f32x4.abs (local.get $c)) (f32x4.abs (local.get $d))))))
      (local.set $target (i32.add (local.get $target) (i32.const 32)))
      (local.set $right (i32.add (local.get $right) (i32.const 64)))
      (br_if $many (i32.lt_u (local.tee $source (i32.add (local.get $source) (i32.const 32))) (local.get $end))))
    (v128.store (local.get $facts) (local.get $loss))
    (v128.store offset=16 (local.get $facts) (local.get $bits))))
