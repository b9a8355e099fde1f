;; Adds one row of a low-rank update to a row of a weight. Addresses are bytes.
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
        (br $four)))))
