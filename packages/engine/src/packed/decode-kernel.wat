;; Packed numbers -> float32, four at a time, or 8-bit codes. Addresses are bytes; counts are as decode-kernel.ts gives them.
(module
  (import "frozen" "memory" (memory 1))

  ;; Blocks of 4-bit codes: scale * pairs[byte] + minimum, where pairs has two float32 for each byte.
  (func (export "nibbles")
    (param $target i32) (param $codes i32) (param $pairs i32) (param $scales i32) (param $minima i32)
    (param $blocks i32) (param $blockBytes i32)
    (local $scale v128) (local $minimum v128) (local $word i32) (local $end i32) (local $values v128)
    (loop $block
      (local.set $scale (v128.load32_splat (local.get $scales)))
      (local.set $minimum (v128.load32_splat (local.get $minima)))
      (local.set $end (i32.add (local.get $codes) (local.get $blockBytes)))
      (loop $bytes
        (local.set $word (i32.load (local.get $codes)))
        (v128.store (local.get $target)
          (f32x4.add (local.get $minimum) (f32x4.mul (local.get $scale)
            (v128.load64_lane 1
              (i32.add (local.get $pairs) (i32.and (i32.shr_u (local.get $word) (i32.const 5)) (i32.const 2040)))
              (v128.load64_zero
                (i32.add (local.get $pairs) (i32.and (i32.shl (local.get $word) (i32.const 3)) (i32.const 2040))))))))
        (v128.store offset=16 (local.get $target)
          (f32x4.add (local.get $minimum) (f32x4.mul (local.get $scale)
            (v128.load64_lane 1
              (i32.add (local.get $pairs) (i32.and (i32.shr_u (local.get $word) (i32.const 21)) (i32.const 2040)))
              (v128.load64_zero
                (i32.add (local.get $pairs) (i32.and (i32.shr_u (local.get $word) (i32.const 13)) (i32.const 2040))))))))
        (local.set $target (i32.add (local.get $target) (i32.const 32)))
        (br_if $bytes (i32.lt_u (local.tee $codes (i32.add (local.get $codes) (i32.const 4))) (local.get $end))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (local.set $minima (i32.add (local.get $minima) (i32.const 4)))
      (br_if $block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; Blocks of 8-bit codes: scale * levels[byte] + minimum.
  (func (export "bytes")
    (param $target i32) (param $codes i32) (param $levels i32) (param $scales i32) (param $minima i32)
    (param $blocks i32) (param $blockBytes i32)
    (local $scale v128) (local $minimum v128) (local $word i32) (local $end i32)
    (loop $block
      (local.set $scale (v128.load32_splat (local.get $scales)))
      (local.set $minimum (v128.load32_splat (local.get $minima)))
      (local.set $end (i32.add (local.get $codes) (local.get $blockBytes)))
      (loop $bytes
        (local.set $word (i32.load (local.get $codes)))
        (v128.store (local.get $target)
          (f32x4.add (local.get $minimum) (f32x4.mul (local.get $scale)
            (v128.load32_lane 3
              (i32.add (local.get $levels) (i32.and (i32.shr_u (local.get $word) (i32.const 22)) (i32.const 1020)))
              (v128.load32_lane 2
                (i32.add (local.get $levels) (i32.and (i32.shr_u (local.get $word) (i32.const 14)) (i32.const 1020)))
                (v128.load32_lane 1
                  (i32.add (local.get $levels) (i32.and (i32.shr_u (local.get $word) (i32.const 6)) (i32.const 1020)))
                  (v128.load32_zero
                    (i32.add (local.get $levels) (i32.and (i32.shl (local.get $word) (i32.const 2)) (i32.const 1020))))))))))
        (local.set $target (i32.add (local.get $target) (i32.const 16)))
        (br_if $bytes (i32.lt_u (local.tee $codes (i32.add (local.get $codes) (i32.const 4))) (local.get $end))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (local.set $minima (i32.add (local.get $minima) (i32.const 4)))
      (br_if $block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))

  ;; Blocks of 4-bit codes -> 8-bit codes: round((scale * level + minimum) * factor) + zero, with a factor for each row. Each block
  ;; has a table of 16 bytes, from which 32 codes are picked at a time.
  (func (export "codes")
    (param $target i32) (param $codes i32) (param $levels i32) (param $scales i32) (param $minima i32)
    (param $factors i32) (param $blocks i32) (param $perRow i32) (param $blockBytes i32) (param $zero i32)
    (local $scale v128) (local $minimum v128) (local $end i32) (local $left i32) (local $table v128)
    (local $factor v128) (local $bytes v128) (local $even v128) (local $odd v128)
    (loop $row
      (local.set $factor (v128.load32_splat (local.get $factors)))
      (local.set $left (local.get $perRow))
      (loop $block
        (local.set $scale (f32x4.mul (local.get $factor) (v128.load32_splat (local.get $scales))))
        (local.set $minimum (f32x4.mul (local.get $factor) (v128.load32_splat (local.get $minima))))
        (local.set $table
          (i8x16.add (i8x16.splat (local.get $zero))
            (i8x16.narrow_i16x8_s
              (i16x8.narrow_i32x4_s
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.add (local.get $minimum)
                  (f32x4.mul (local.get $scale) (v128.load (local.get $levels))))))
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.add (local.get $minimum)
                  (f32x4.mul (local.get $scale) (v128.load offset=16 (local.get $levels)))))))
              (i16x8.narrow_i32x4_s
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.add (local.get $minimum)
                  (f32x4.mul (local.get $scale) (v128.load offset=32 (local.get $levels))))))
                (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.add (local.get $minimum)
                  (f32x4.mul (local.get $scale) (v128.load offset=48 (local.get $levels))))))))))
        (local.set $end (i32.add (local.get $codes) (local.get $blockBytes)))
        (loop $bytes
          (local.set $bytes (v128.load (local.get $codes)))
          (local.set $even (i8x16.swizzle (local.get $table) (v128.and (local.get $bytes) (i8x16.splat (i32.const 15)))))
          (local.set $odd (i8x16.swizzle (local.get $table) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
          (v128.store (local.get $target)
            (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $even) (local.get $odd)))
          (v128.store offset=16 (local.get $target)
            (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $even) (local.get $odd)))
          (local.set $target (i32.add (local.get $target) (i32.const 32)))
          (br_if $bytes (i32.lt_u (local.tee $codes (i32.add (local.get $codes) (i32.const 16))) (local.get $end))))
        (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
        (local.set $minima (i32.add (local.get $minima) (i32.const 4)))
        (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
        (br_if $block (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $factors (i32.add (local.get $factors) (i32.const 4)))
      (br_if $row (local.get $blocks))))

  ;; Decoded rows, each times x: a product of 16 entries at a time.
  (func (export "dots")
    (param $target i32) (param $end i32) (param $row i32) (param $x i32) (param $rowBytes i32)
    (local $at i32) (local $rowEnd i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $rows
      (local.set $at (local.get $x))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (loop $entries
        (local.set $a (f32x4.add (local.get $a) (f32x4.mul (v128.load (local.get $row)) (v128.load (local.get $at)))))
        (local.set $b
          (f32x4.add (local.get $b) (f32x4.mul (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at)))))
        (local.set $c
          (f32x4.add (local.get $c) (f32x4.mul (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at)))))
        (local.set $d
          (f32x4.add (local.get $d) (f32x4.mul (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $entries (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 64))) (local.get $rowEnd))))
      (local.set $a (f32x4.add (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $target)
        (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
          (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (br_if $rows (i32.lt_u (local.tee $target (i32.add (local.get $target) (i32.const 4))) (local.get $end)))))

  ;; Four rows become four columns: rows of $rowBytes -> targets that are $step apart, each with four numbers.
  (func (export "turn")
    (param $target i32) (param $row i32) (param $rowBytes i32) (param $step i32)
    (local $end i32) (local $second i32) (local $third i32) (local $fourth i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $ab v128) (local $cd v128)
    (local.set $second (i32.add (local.get $row) (local.get $rowBytes)))
    (local.set $third (i32.add (local.get $second) (local.get $rowBytes)))
    (local.set $fourth (i32.add (local.get $third) (local.get $rowBytes)))
    (local.set $end (local.get $second))
    (loop $columns
      (local.set $a (v128.load (local.get $row)))
      (local.set $b (v128.load (local.get $second)))
      (local.set $c (v128.load (local.get $third)))
      (local.set $d (v128.load (local.get $fourth)))
      (local.set $ab (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
      (v128.store (local.get $target) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (local.set $target (i32.add (local.get $target) (local.get $step)))
      (v128.store (local.get $target) (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $target (i32.add (local.get $target) (local.get $step)))
      (local.set $ab (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
      (v128.store (local.get $target) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd)))
      (local.set $target (i32.add (local.get $target) (local.get $step)))
      (v128.store (local.get $target) (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd)))
      (local.set $target (i32.add (local.get $target) (local.get $step)))
      (local.set $second (i32.add (local.get $second) (i32.const 16)))
      (local.set $third (i32.add (local.get $third) (i32.const 16)))
      (local.set $fourth (i32.add (local.get $fourth) (i32.const 16)))
      (br_if $columns (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 16))) (local.get $end)))))

  ;; bf16: the upper half of a float32.
  (func (export "bf16") (param $target i32) (param $bits i32) (param $end i32)
    (loop $four
      (v128.store (local.get $target) (i32x4.shl (v128.load16x4_u (local.get $bits)) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u (local.tee $bits (i32.add (local.get $bits) (i32.const 8))) (local.get $end)))))

  ;; f16: exponent and fraction moved into a float32's place, times 2^112; infinities and NaN keep all exponent bits.
  (func (export "f16") (param $target i32) (param $bits i32) (param $end i32)
    (local $half v128) (local $magnitude v128)
    (loop $four
      (local.set $half (v128.load16x4_u (local.get $bits)))
      (local.set $magnitude (i32x4.shl (v128.and (local.get $half) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff)) (i32.const 13)))
      (v128.store (local.get $target)
        (v128.or
          (v128.or
            (f32x4.mul (local.get $magnitude) (v128.const i32x4 0x77800000 0x77800000 0x77800000 0x77800000))
            (v128.and
              (i32x4.ge_u (local.get $magnitude) (v128.const i32x4 0x0f800000 0x0f800000 0x0f800000 0x0f800000))
              (v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000)))
          (i32x4.shl (v128.and (local.get $half) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)) (i32.const 16))))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u (local.tee $bits (i32.add (local.get $bits) (i32.const 8))) (local.get $end))))))
