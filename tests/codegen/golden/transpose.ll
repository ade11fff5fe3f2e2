define void @kernel(ptr noalias readonly align 64 %arg.x, ptr noalias align 64 %arg.y, ptr noalias align 64 %workspace) nounwind "min-legal-vector-width"="256" "prefer-vector-width"="256" {
entry:
  br label %L1
L1:
  %i3 = phi i64 [ 0, %entry ], [ %n4, %L1 ]
  %m6 = mul nsw i64 %i3, 8
  %p7 = getelementptr float, ptr %arg.x, i64 %m6
  %h8 = call ptr asm "", "=r,0"(ptr %p7)
  %m40 = mul nsw i64 %i3, 64
  %p41 = getelementptr float, ptr %arg.y, i64 %m40
  %h42 = call ptr asm "", "=r,0"(ptr %p41)
  %l9 = load <4 x float>, ptr %h8, align 32
  %p10 = getelementptr float, ptr %h8, i64 64
  %l11 = load <4 x float>, ptr %p10, align 32
  %s12 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l9, i64 0)
  %s13 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s12, <4 x float> %l11, i64 4)
  %p14 = getelementptr float, ptr %h8, i64 16
  %l15 = load <4 x float>, ptr %p14, align 32
  %p16 = getelementptr float, ptr %h8, i64 80
  %l17 = load <4 x float>, ptr %p16, align 32
  %s18 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l15, i64 0)
  %s19 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s18, <4 x float> %l17, i64 4)
  %p20 = getelementptr float, ptr %h8, i64 32
  %l21 = load <4 x float>, ptr %p20, align 32
  %p22 = getelementptr float, ptr %h8, i64 96
  %l23 = load <4 x float>, ptr %p22, align 32
  %s24 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l21, i64 0)
  %s25 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s24, <4 x float> %l23, i64 4)
  %p26 = getelementptr float, ptr %h8, i64 48
  %l27 = load <4 x float>, ptr %p26, align 32
  %p28 = getelementptr float, ptr %h8, i64 112
  %l29 = load <4 x float>, ptr %p28, align 32
  %s30 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l27, i64 0)
  %s31 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s30, <4 x float> %l29, i64 4)
  %s32 = shufflevector <8 x float> %s13, <8 x float> %s19, <8 x i32> <i32 0, i32 8, i32 1, i32 9, i32 4, i32 12, i32 5, i32 13>
  %s33 = shufflevector <8 x float> %s13, <8 x float> %s19, <8 x i32> <i32 2, i32 10, i32 3, i32 11, i32 6, i32 14, i32 7, i32 15>
  %s34 = shufflevector <8 x float> %s25, <8 x float> %s31, <8 x i32> <i32 0, i32 8, i32 1, i32 9, i32 4, i32 12, i32 5, i32 13>
  %s35 = shufflevector <8 x float> %s25, <8 x float> %s31, <8 x i32> <i32 2, i32 10, i32 3, i32 11, i32 6, i32 14, i32 7, i32 15>
  %s36 = shufflevector <8 x float> %s32, <8 x float> %s34, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %s37 = shufflevector <8 x float> %s32, <8 x float> %s34, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %s38 = shufflevector <8 x float> %s33, <8 x float> %s35, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %s39 = shufflevector <8 x float> %s33, <8 x float> %s35, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  store <8 x float> %s36, ptr %h42, align 64
  %p43 = getelementptr float, ptr %h42, i64 8
  store <8 x float> %s37, ptr %p43, align 32
  %p44 = getelementptr float, ptr %h42, i64 16
  store <8 x float> %s38, ptr %p44, align 64
  %p45 = getelementptr float, ptr %h42, i64 24
  store <8 x float> %s39, ptr %p45, align 32
  %p46 = getelementptr float, ptr %h8, i64 4
  %l47 = load <4 x float>, ptr %p46, align 16
  %p48 = getelementptr float, ptr %h8, i64 68
  %l49 = load <4 x float>, ptr %p48, align 16
  %s50 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l47, i64 0)
  %s51 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s50, <4 x float> %l49, i64 4)
  %p52 = getelementptr float, ptr %h8, i64 20
  %l53 = load <4 x float>, ptr %p52, align 16
  %p54 = getelementptr float, ptr %h8, i64 84
  %l55 = load <4 x float>, ptr %p54, align 16
  %s56 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l53, i64 0)
  %s57 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s56, <4 x float> %l55, i64 4)
  %p58 = getelementptr float, ptr %h8, i64 36
  %l59 = load <4 x float>, ptr %p58, align 16
  %p60 = getelementptr float, ptr %h8, i64 100
  %l61 = load <4 x float>, ptr %p60, align 16
  %s62 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l59, i64 0)
  %s63 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s62, <4 x float> %l61, i64 4)
  %p64 = getelementptr float, ptr %h8, i64 52
  %l65 = load <4 x float>, ptr %p64, align 16
  %p66 = getelementptr float, ptr %h8, i64 116
  %l67 = load <4 x float>, ptr %p66, align 16
  %s68 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> poison, <4 x float> %l65, i64 0)
  %s69 = call <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float> %s68, <4 x float> %l67, i64 4)
  %s70 = shufflevector <8 x float> %s51, <8 x float> %s57, <8 x i32> <i32 0, i32 8, i32 1, i32 9, i32 4, i32 12, i32 5, i32 13>
  %s71 = shufflevector <8 x float> %s51, <8 x float> %s57, <8 x i32> <i32 2, i32 10, i32 3, i32 11, i32 6, i32 14, i32 7, i32 15>
  %s72 = shufflevector <8 x float> %s63, <8 x float> %s69, <8 x i32> <i32 0, i32 8, i32 1, i32 9, i32 4, i32 12, i32 5, i32 13>
  %s73 = shufflevector <8 x float> %s63, <8 x float> %s69, <8 x i32> <i32 2, i32 10, i32 3, i32 11, i32 6, i32 14, i32 7, i32 15>
  %s74 = shufflevector <8 x float> %s70, <8 x float> %s72, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %s75 = shufflevector <8 x float> %s70, <8 x float> %s72, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %s76 = shufflevector <8 x float> %s71, <8 x float> %s73, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %s77 = shufflevector <8 x float> %s71, <8 x float> %s73, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %p78 = getelementptr float, ptr %h42, i64 32
  store <8 x float> %s74, ptr %p78, align 64
  %p79 = getelementptr float, ptr %h42, i64 40
  store <8 x float> %s75, ptr %p79, align 32
  %p80 = getelementptr float, ptr %h42, i64 48
  store <8 x float> %s76, ptr %p80, align 64
  %p81 = getelementptr float, ptr %h42, i64 56
  store <8 x float> %s77, ptr %p81, align 32
  %n4 = add nuw nsw i64 %i3, 1
  %c5 = icmp slt i64 %n4, 2
  br i1 %c5, label %L1, label %E2
E2:
  ret void
}

declare <8 x float> @llvm.vector.insert.v8f32.v4f32(<8 x float>, <4 x float>, i64 immarg)
