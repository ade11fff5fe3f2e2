define void @kernel(ptr noalias readonly align 64 %arg.x, ptr noalias readonly align 64 %arg.w, ptr noalias align 64 %arg.out, ptr noalias align 64 %workspace) nounwind "min-legal-vector-width"="256" "prefer-vector-width"="256" {
entry:
  br label %L1
L1:
  %i3 = phi i64 [ 0, %entry ], [ %n4, %E7 ]
  %m17 = mul nsw i64 %i3, 80
  %p18 = getelementptr float, ptr %arg.w, i64 %m17
  %m153 = mul nsw i64 %i3, 8
  %p154 = getelementptr float, ptr %arg.out, i64 %m153
  br label %L6
L6:
  %i8 = phi i64 [ 0, %L1 ], [ %n9, %L6 ]
  %r23 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v93, %L6 ]
  %r29 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v98, %L6 ]
  %r35 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v103, %L6 ]
  %r41 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v108, %L6 ]
  %m11 = mul nsw i64 %i8, 4
  %p12 = getelementptr float, ptr %arg.x, i64 %m11
  %h13 = call ptr asm "", "=r,0"(ptr %p12)
  %m19 = mul nsw i64 %i8, 32
  %p20 = getelementptr float, ptr %p18, i64 %m19
  %h21 = call ptr asm "", "=r,0"(ptr %p20)
  %l14 = load float, ptr %h13, align 16
  %i15 = insertelement <8 x float> poison, float %l14, i64 0
  %b16 = shufflevector <8 x float> %i15, <8 x float> poison, <8 x i32> zeroinitializer
  %l22 = load <8 x float>, ptr %h21, align 64
  %v24 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b16, <8 x float> %l22, <8 x float> %r23)
  %p25 = getelementptr float, ptr %h13, i64 10
  %l26 = load float, ptr %p25, align 8
  %i27 = insertelement <8 x float> poison, float %l26, i64 0
  %b28 = shufflevector <8 x float> %i27, <8 x float> poison, <8 x i32> zeroinitializer
  %v30 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b28, <8 x float> %l22, <8 x float> %r29)
  %p31 = getelementptr float, ptr %h13, i64 20
  %l32 = load float, ptr %p31, align 16
  %i33 = insertelement <8 x float> poison, float %l32, i64 0
  %b34 = shufflevector <8 x float> %i33, <8 x float> poison, <8 x i32> zeroinitializer
  %v36 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b34, <8 x float> %l22, <8 x float> %r35)
  %p37 = getelementptr float, ptr %h13, i64 30
  %l38 = load float, ptr %p37, align 8
  %i39 = insertelement <8 x float> poison, float %l38, i64 0
  %b40 = shufflevector <8 x float> %i39, <8 x float> poison, <8 x i32> zeroinitializer
  %v42 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b40, <8 x float> %l22, <8 x float> %r41)
  call void asm sideeffect "", "~{memory}"()
  %p43 = getelementptr float, ptr %h13, i64 1
  %l44 = load float, ptr %p43, align 4
  %i45 = insertelement <8 x float> poison, float %l44, i64 0
  %b46 = shufflevector <8 x float> %i45, <8 x float> poison, <8 x i32> zeroinitializer
  %p47 = getelementptr float, ptr %h21, i64 8
  %l48 = load <8 x float>, ptr %p47, align 32
  %v49 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b46, <8 x float> %l48, <8 x float> %v24)
  %p50 = getelementptr float, ptr %h13, i64 11
  %l51 = load float, ptr %p50, align 4
  %i52 = insertelement <8 x float> poison, float %l51, i64 0
  %b53 = shufflevector <8 x float> %i52, <8 x float> poison, <8 x i32> zeroinitializer
  %v54 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b53, <8 x float> %l48, <8 x float> %v30)
  %p55 = getelementptr float, ptr %h13, i64 21
  %l56 = load float, ptr %p55, align 4
  %i57 = insertelement <8 x float> poison, float %l56, i64 0
  %b58 = shufflevector <8 x float> %i57, <8 x float> poison, <8 x i32> zeroinitializer
  %v59 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b58, <8 x float> %l48, <8 x float> %v36)
  %p60 = getelementptr float, ptr %h13, i64 31
  %l61 = load float, ptr %p60, align 4
  %i62 = insertelement <8 x float> poison, float %l61, i64 0
  %b63 = shufflevector <8 x float> %i62, <8 x float> poison, <8 x i32> zeroinitializer
  %v64 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b63, <8 x float> %l48, <8 x float> %v42)
  call void asm sideeffect "", "~{memory}"()
  %p65 = getelementptr float, ptr %h13, i64 2
  %l66 = load float, ptr %p65, align 8
  %i67 = insertelement <8 x float> poison, float %l66, i64 0
  %b68 = shufflevector <8 x float> %i67, <8 x float> poison, <8 x i32> zeroinitializer
  %p69 = getelementptr float, ptr %h21, i64 16
  %l70 = load <8 x float>, ptr %p69, align 64
  %v71 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b68, <8 x float> %l70, <8 x float> %v49)
  %p72 = getelementptr float, ptr %h13, i64 12
  %l73 = load float, ptr %p72, align 16
  %i74 = insertelement <8 x float> poison, float %l73, i64 0
  %b75 = shufflevector <8 x float> %i74, <8 x float> poison, <8 x i32> zeroinitializer
  %v76 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b75, <8 x float> %l70, <8 x float> %v54)
  %p77 = getelementptr float, ptr %h13, i64 22
  %l78 = load float, ptr %p77, align 8
  %i79 = insertelement <8 x float> poison, float %l78, i64 0
  %b80 = shufflevector <8 x float> %i79, <8 x float> poison, <8 x i32> zeroinitializer
  %v81 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b80, <8 x float> %l70, <8 x float> %v59)
  %p82 = getelementptr float, ptr %h13, i64 32
  %l83 = load float, ptr %p82, align 16
  %i84 = insertelement <8 x float> poison, float %l83, i64 0
  %b85 = shufflevector <8 x float> %i84, <8 x float> poison, <8 x i32> zeroinitializer
  %v86 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b85, <8 x float> %l70, <8 x float> %v64)
  call void asm sideeffect "", "~{memory}"()
  %p87 = getelementptr float, ptr %h13, i64 3
  %l88 = load float, ptr %p87, align 4
  %i89 = insertelement <8 x float> poison, float %l88, i64 0
  %b90 = shufflevector <8 x float> %i89, <8 x float> poison, <8 x i32> zeroinitializer
  %p91 = getelementptr float, ptr %h21, i64 24
  %l92 = load <8 x float>, ptr %p91, align 32
  %v93 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b90, <8 x float> %l92, <8 x float> %v71)
  %p94 = getelementptr float, ptr %h13, i64 13
  %l95 = load float, ptr %p94, align 4
  %i96 = insertelement <8 x float> poison, float %l95, i64 0
  %b97 = shufflevector <8 x float> %i96, <8 x float> poison, <8 x i32> zeroinitializer
  %v98 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b97, <8 x float> %l92, <8 x float> %v76)
  %p99 = getelementptr float, ptr %h13, i64 23
  %l100 = load float, ptr %p99, align 4
  %i101 = insertelement <8 x float> poison, float %l100, i64 0
  %b102 = shufflevector <8 x float> %i101, <8 x float> poison, <8 x i32> zeroinitializer
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b102, <8 x float> %l92, <8 x float> %v81)
  %p104 = getelementptr float, ptr %h13, i64 33
  %l105 = load float, ptr %p104, align 4
  %i106 = insertelement <8 x float> poison, float %l105, i64 0
  %b107 = shufflevector <8 x float> %i106, <8 x float> poison, <8 x i32> zeroinitializer
  %v108 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b107, <8 x float> %l92, <8 x float> %v86)
  call void asm sideeffect "", "~{memory}"()
  %n9 = add nuw nsw i64 %i8, 1
  %c10 = icmp slt i64 %n9, 2
  br i1 %c10, label %L6, label %E7
E7:
  %p109 = getelementptr float, ptr %arg.x, i64 8
  %l110 = load float, ptr %p109, align 32
  %i111 = insertelement <8 x float> poison, float %l110, i64 0
  %b112 = shufflevector <8 x float> %i111, <8 x float> poison, <8 x i32> zeroinitializer
  %p113 = getelementptr float, ptr %p18, i64 64
  %l114 = load <8 x float>, ptr %p113, align 64
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b112, <8 x float> %l114, <8 x float> %v93)
  %p116 = getelementptr float, ptr %arg.x, i64 18
  %l117 = load float, ptr %p116, align 8
  %i118 = insertelement <8 x float> poison, float %l117, i64 0
  %b119 = shufflevector <8 x float> %i118, <8 x float> poison, <8 x i32> zeroinitializer
  %v120 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b119, <8 x float> %l114, <8 x float> %v98)
  %p121 = getelementptr float, ptr %arg.x, i64 28
  %l122 = load float, ptr %p121, align 16
  %i123 = insertelement <8 x float> poison, float %l122, i64 0
  %b124 = shufflevector <8 x float> %i123, <8 x float> poison, <8 x i32> zeroinitializer
  %v125 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b124, <8 x float> %l114, <8 x float> %v103)
  %p126 = getelementptr float, ptr %arg.x, i64 38
  %l127 = load float, ptr %p126, align 8
  %i128 = insertelement <8 x float> poison, float %l127, i64 0
  %b129 = shufflevector <8 x float> %i128, <8 x float> poison, <8 x i32> zeroinitializer
  %v130 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b129, <8 x float> %l114, <8 x float> %v108)
  call void asm sideeffect "", "~{memory}"()
  %p131 = getelementptr float, ptr %arg.x, i64 9
  %l132 = load float, ptr %p131, align 4
  %i133 = insertelement <8 x float> poison, float %l132, i64 0
  %b134 = shufflevector <8 x float> %i133, <8 x float> poison, <8 x i32> zeroinitializer
  %p135 = getelementptr float, ptr %p18, i64 72
  %l136 = load <8 x float>, ptr %p135, align 32
  %v137 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b134, <8 x float> %l136, <8 x float> %v115)
  %p138 = getelementptr float, ptr %arg.x, i64 19
  %l139 = load float, ptr %p138, align 4
  %i140 = insertelement <8 x float> poison, float %l139, i64 0
  %b141 = shufflevector <8 x float> %i140, <8 x float> poison, <8 x i32> zeroinitializer
  %v142 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b141, <8 x float> %l136, <8 x float> %v120)
  %p143 = getelementptr float, ptr %arg.x, i64 29
  %l144 = load float, ptr %p143, align 4
  %i145 = insertelement <8 x float> poison, float %l144, i64 0
  %b146 = shufflevector <8 x float> %i145, <8 x float> poison, <8 x i32> zeroinitializer
  %v147 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b146, <8 x float> %l136, <8 x float> %v125)
  %p148 = getelementptr float, ptr %arg.x, i64 39
  %l149 = load float, ptr %p148, align 4
  %i150 = insertelement <8 x float> poison, float %l149, i64 0
  %b151 = shufflevector <8 x float> %i150, <8 x float> poison, <8 x i32> zeroinitializer
  %v152 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b151, <8 x float> %l136, <8 x float> %v130)
  call void asm sideeffect "", "~{memory}"()
  store <8 x float> %v137, ptr %p154, align 32
  %p155 = getelementptr float, ptr %p154, i64 20
  store <8 x float> %v142, ptr %p155, align 16
  %p156 = getelementptr float, ptr %p154, i64 40
  store <8 x float> %v147, ptr %p156, align 32
  %p157 = getelementptr float, ptr %p154, i64 60
  store <8 x float> %v152, ptr %p157, align 16
  %n4 = add nuw nsw i64 %i3, 1
  %c5 = icmp slt i64 %n4, 2
  br i1 %c5, label %L1, label %E2
E2:
  br label %L158
L158:
  %i160 = phi i64 [ 0, %E2 ], [ %n161, %L158 ]
  %r174 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v244, %L158 ]
  %r180 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v249, %L158 ]
  %r186 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v254, %L158 ]
  %r192 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v259, %L158 ]
  %m163 = mul nsw i64 %i160, 4
  %p164 = getelementptr float, ptr %arg.x, i64 %m163
  %h165 = call ptr asm "", "=r,0"(ptr %p164)
  %m169 = mul nsw i64 %i160, 32
  %p170 = getelementptr float, ptr %arg.w, i64 %m169
  %h171 = call ptr asm "", "=r,0"(ptr %p170)
  %l166 = load float, ptr %h165, align 16
  %i167 = insertelement <4 x float> poison, float %l166, i64 0
  %b168 = shufflevector <4 x float> %i167, <4 x float> poison, <4 x i32> zeroinitializer
  %p172 = getelementptr float, ptr %h171, i64 160
  %l173 = load <4 x float>, ptr %p172, align 64
  %v175 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b168, <4 x float> %l173, <4 x float> %r174)
  %p176 = getelementptr float, ptr %h165, i64 10
  %l177 = load float, ptr %p176, align 8
  %i178 = insertelement <4 x float> poison, float %l177, i64 0
  %b179 = shufflevector <4 x float> %i178, <4 x float> poison, <4 x i32> zeroinitializer
  %v181 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b179, <4 x float> %l173, <4 x float> %r180)
  %p182 = getelementptr float, ptr %h165, i64 20
  %l183 = load float, ptr %p182, align 16
  %i184 = insertelement <4 x float> poison, float %l183, i64 0
  %b185 = shufflevector <4 x float> %i184, <4 x float> poison, <4 x i32> zeroinitializer
  %v187 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b185, <4 x float> %l173, <4 x float> %r186)
  %p188 = getelementptr float, ptr %h165, i64 30
  %l189 = load float, ptr %p188, align 8
  %i190 = insertelement <4 x float> poison, float %l189, i64 0
  %b191 = shufflevector <4 x float> %i190, <4 x float> poison, <4 x i32> zeroinitializer
  %v193 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b191, <4 x float> %l173, <4 x float> %r192)
  call void asm sideeffect "", "~{memory}"()
  %p194 = getelementptr float, ptr %h165, i64 1
  %l195 = load float, ptr %p194, align 4
  %i196 = insertelement <4 x float> poison, float %l195, i64 0
  %b197 = shufflevector <4 x float> %i196, <4 x float> poison, <4 x i32> zeroinitializer
  %p198 = getelementptr float, ptr %h171, i64 168
  %l199 = load <4 x float>, ptr %p198, align 32
  %v200 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b197, <4 x float> %l199, <4 x float> %v175)
  %p201 = getelementptr float, ptr %h165, i64 11
  %l202 = load float, ptr %p201, align 4
  %i203 = insertelement <4 x float> poison, float %l202, i64 0
  %b204 = shufflevector <4 x float> %i203, <4 x float> poison, <4 x i32> zeroinitializer
  %v205 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b204, <4 x float> %l199, <4 x float> %v181)
  %p206 = getelementptr float, ptr %h165, i64 21
  %l207 = load float, ptr %p206, align 4
  %i208 = insertelement <4 x float> poison, float %l207, i64 0
  %b209 = shufflevector <4 x float> %i208, <4 x float> poison, <4 x i32> zeroinitializer
  %v210 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b209, <4 x float> %l199, <4 x float> %v187)
  %p211 = getelementptr float, ptr %h165, i64 31
  %l212 = load float, ptr %p211, align 4
  %i213 = insertelement <4 x float> poison, float %l212, i64 0
  %b214 = shufflevector <4 x float> %i213, <4 x float> poison, <4 x i32> zeroinitializer
  %v215 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b214, <4 x float> %l199, <4 x float> %v193)
  call void asm sideeffect "", "~{memory}"()
  %p216 = getelementptr float, ptr %h165, i64 2
  %l217 = load float, ptr %p216, align 8
  %i218 = insertelement <4 x float> poison, float %l217, i64 0
  %b219 = shufflevector <4 x float> %i218, <4 x float> poison, <4 x i32> zeroinitializer
  %p220 = getelementptr float, ptr %h171, i64 176
  %l221 = load <4 x float>, ptr %p220, align 64
  %v222 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b219, <4 x float> %l221, <4 x float> %v200)
  %p223 = getelementptr float, ptr %h165, i64 12
  %l224 = load float, ptr %p223, align 16
  %i225 = insertelement <4 x float> poison, float %l224, i64 0
  %b226 = shufflevector <4 x float> %i225, <4 x float> poison, <4 x i32> zeroinitializer
  %v227 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b226, <4 x float> %l221, <4 x float> %v205)
  %p228 = getelementptr float, ptr %h165, i64 22
  %l229 = load float, ptr %p228, align 8
  %i230 = insertelement <4 x float> poison, float %l229, i64 0
  %b231 = shufflevector <4 x float> %i230, <4 x float> poison, <4 x i32> zeroinitializer
  %v232 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b231, <4 x float> %l221, <4 x float> %v210)
  %p233 = getelementptr float, ptr %h165, i64 32
  %l234 = load float, ptr %p233, align 16
  %i235 = insertelement <4 x float> poison, float %l234, i64 0
  %b236 = shufflevector <4 x float> %i235, <4 x float> poison, <4 x i32> zeroinitializer
  %v237 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b236, <4 x float> %l221, <4 x float> %v215)
  call void asm sideeffect "", "~{memory}"()
  %p238 = getelementptr float, ptr %h165, i64 3
  %l239 = load float, ptr %p238, align 4
  %i240 = insertelement <4 x float> poison, float %l239, i64 0
  %b241 = shufflevector <4 x float> %i240, <4 x float> poison, <4 x i32> zeroinitializer
  %p242 = getelementptr float, ptr %h171, i64 184
  %l243 = load <4 x float>, ptr %p242, align 32
  %v244 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b241, <4 x float> %l243, <4 x float> %v222)
  %p245 = getelementptr float, ptr %h165, i64 13
  %l246 = load float, ptr %p245, align 4
  %i247 = insertelement <4 x float> poison, float %l246, i64 0
  %b248 = shufflevector <4 x float> %i247, <4 x float> poison, <4 x i32> zeroinitializer
  %v249 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b248, <4 x float> %l243, <4 x float> %v227)
  %p250 = getelementptr float, ptr %h165, i64 23
  %l251 = load float, ptr %p250, align 4
  %i252 = insertelement <4 x float> poison, float %l251, i64 0
  %b253 = shufflevector <4 x float> %i252, <4 x float> poison, <4 x i32> zeroinitializer
  %v254 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b253, <4 x float> %l243, <4 x float> %v232)
  %p255 = getelementptr float, ptr %h165, i64 33
  %l256 = load float, ptr %p255, align 4
  %i257 = insertelement <4 x float> poison, float %l256, i64 0
  %b258 = shufflevector <4 x float> %i257, <4 x float> poison, <4 x i32> zeroinitializer
  %v259 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b258, <4 x float> %l243, <4 x float> %v237)
  call void asm sideeffect "", "~{memory}"()
  %n161 = add nuw nsw i64 %i160, 1
  %c162 = icmp slt i64 %n161, 2
  br i1 %c162, label %L158, label %E159
E159:
  %p260 = getelementptr float, ptr %arg.x, i64 8
  %l261 = load float, ptr %p260, align 32
  %i262 = insertelement <4 x float> poison, float %l261, i64 0
  %b263 = shufflevector <4 x float> %i262, <4 x float> poison, <4 x i32> zeroinitializer
  %p264 = getelementptr float, ptr %arg.w, i64 224
  %l265 = load <4 x float>, ptr %p264, align 64
  %v266 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b263, <4 x float> %l265, <4 x float> %v244)
  %p267 = getelementptr float, ptr %arg.x, i64 18
  %l268 = load float, ptr %p267, align 8
  %i269 = insertelement <4 x float> poison, float %l268, i64 0
  %b270 = shufflevector <4 x float> %i269, <4 x float> poison, <4 x i32> zeroinitializer
  %v271 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b270, <4 x float> %l265, <4 x float> %v249)
  %p272 = getelementptr float, ptr %arg.x, i64 28
  %l273 = load float, ptr %p272, align 16
  %i274 = insertelement <4 x float> poison, float %l273, i64 0
  %b275 = shufflevector <4 x float> %i274, <4 x float> poison, <4 x i32> zeroinitializer
  %v276 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b275, <4 x float> %l265, <4 x float> %v254)
  %p277 = getelementptr float, ptr %arg.x, i64 38
  %l278 = load float, ptr %p277, align 8
  %i279 = insertelement <4 x float> poison, float %l278, i64 0
  %b280 = shufflevector <4 x float> %i279, <4 x float> poison, <4 x i32> zeroinitializer
  %v281 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b280, <4 x float> %l265, <4 x float> %v259)
  call void asm sideeffect "", "~{memory}"()
  %p282 = getelementptr float, ptr %arg.x, i64 9
  %l283 = load float, ptr %p282, align 4
  %i284 = insertelement <4 x float> poison, float %l283, i64 0
  %b285 = shufflevector <4 x float> %i284, <4 x float> poison, <4 x i32> zeroinitializer
  %p286 = getelementptr float, ptr %arg.w, i64 232
  %l287 = load <4 x float>, ptr %p286, align 32
  %v288 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b285, <4 x float> %l287, <4 x float> %v266)
  %p289 = getelementptr float, ptr %arg.x, i64 19
  %l290 = load float, ptr %p289, align 4
  %i291 = insertelement <4 x float> poison, float %l290, i64 0
  %b292 = shufflevector <4 x float> %i291, <4 x float> poison, <4 x i32> zeroinitializer
  %v293 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b292, <4 x float> %l287, <4 x float> %v271)
  %p294 = getelementptr float, ptr %arg.x, i64 29
  %l295 = load float, ptr %p294, align 4
  %i296 = insertelement <4 x float> poison, float %l295, i64 0
  %b297 = shufflevector <4 x float> %i296, <4 x float> poison, <4 x i32> zeroinitializer
  %v298 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b297, <4 x float> %l287, <4 x float> %v276)
  %p299 = getelementptr float, ptr %arg.x, i64 39
  %l300 = load float, ptr %p299, align 4
  %i301 = insertelement <4 x float> poison, float %l300, i64 0
  %b302 = shufflevector <4 x float> %i301, <4 x float> poison, <4 x i32> zeroinitializer
  %v303 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b302, <4 x float> %l287, <4 x float> %v281)
  call void asm sideeffect "", "~{memory}"()
  %p304 = getelementptr float, ptr %arg.out, i64 16
  store <4 x float> %v288, ptr %p304, align 64
  %p305 = getelementptr float, ptr %arg.out, i64 36
  store <4 x float> %v293, ptr %p305, align 16
  %p306 = getelementptr float, ptr %arg.out, i64 56
  store <4 x float> %v298, ptr %p306, align 32
  %p307 = getelementptr float, ptr %arg.out, i64 76
  store <4 x float> %v303, ptr %p307, align 16
  br label %L308
L308:
  %i310 = phi i64 [ 0, %E159 ], [ %n311, %E445 ]
  %m323 = mul nsw i64 %i310, 30
  %p324 = getelementptr float, ptr %arg.x, i64 %m323
  %m437 = mul nsw i64 %i310, 60
  %p438 = getelementptr float, ptr %arg.out, i64 %m437
  br label %L313
L313:
  %i315 = phi i64 [ 0, %L308 ], [ %n316, %E319 ]
  %m332 = mul nsw i64 %i315, 80
  %p333 = getelementptr float, ptr %arg.w, i64 %m332
  %m439 = mul nsw i64 %i315, 8
  %p440 = getelementptr float, ptr %p438, i64 %m439
  br label %L318
L318:
  %i320 = phi i64 [ 0, %L313 ], [ %n321, %L318 ]
  %r338 = phi <8 x float> [ zeroinitializer, %L313 ], [ %v392, %L318 ]
  %r344 = phi <8 x float> [ zeroinitializer, %L313 ], [ %v397, %L318 ]
  %r350 = phi <8 x float> [ zeroinitializer, %L313 ], [ %v402, %L318 ]
  %m325 = mul nsw i64 %i320, 4
  %p326 = getelementptr float, ptr %p324, i64 %m325
  %h327 = call ptr asm "", "=r,0"(ptr %p326)
  %m334 = mul nsw i64 %i320, 32
  %p335 = getelementptr float, ptr %p333, i64 %m334
  %h336 = call ptr asm "", "=r,0"(ptr %p335)
  %p328 = getelementptr float, ptr %h327, i64 40
  %l329 = load float, ptr %p328, align 8
  %i330 = insertelement <8 x float> poison, float %l329, i64 0
  %b331 = shufflevector <8 x float> %i330, <8 x float> poison, <8 x i32> zeroinitializer
  %l337 = load <8 x float>, ptr %h336, align 64
  %v339 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b331, <8 x float> %l337, <8 x float> %r338)
  %p340 = getelementptr float, ptr %h327, i64 50
  %l341 = load float, ptr %p340, align 8
  %i342 = insertelement <8 x float> poison, float %l341, i64 0
  %b343 = shufflevector <8 x float> %i342, <8 x float> poison, <8 x i32> zeroinitializer
  %v345 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b343, <8 x float> %l337, <8 x float> %r344)
  %p346 = getelementptr float, ptr %h327, i64 60
  %l347 = load float, ptr %p346, align 8
  %i348 = insertelement <8 x float> poison, float %l347, i64 0
  %b349 = shufflevector <8 x float> %i348, <8 x float> poison, <8 x i32> zeroinitializer
  %v351 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b349, <8 x float> %l337, <8 x float> %r350)
  call void asm sideeffect "", "~{memory}"()
  %p352 = getelementptr float, ptr %h327, i64 41
  %l353 = load float, ptr %p352, align 4
  %i354 = insertelement <8 x float> poison, float %l353, i64 0
  %b355 = shufflevector <8 x float> %i354, <8 x float> poison, <8 x i32> zeroinitializer
  %p356 = getelementptr float, ptr %h336, i64 8
  %l357 = load <8 x float>, ptr %p356, align 32
  %v358 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b355, <8 x float> %l357, <8 x float> %v339)
  %p359 = getelementptr float, ptr %h327, i64 51
  %l360 = load float, ptr %p359, align 4
  %i361 = insertelement <8 x float> poison, float %l360, i64 0
  %b362 = shufflevector <8 x float> %i361, <8 x float> poison, <8 x i32> zeroinitializer
  %v363 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b362, <8 x float> %l357, <8 x float> %v345)
  %p364 = getelementptr float, ptr %h327, i64 61
  %l365 = load float, ptr %p364, align 4
  %i366 = insertelement <8 x float> poison, float %l365, i64 0
  %b367 = shufflevector <8 x float> %i366, <8 x float> poison, <8 x i32> zeroinitializer
  %v368 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b367, <8 x float> %l357, <8 x float> %v351)
  call void asm sideeffect "", "~{memory}"()
  %p369 = getelementptr float, ptr %h327, i64 42
  %l370 = load float, ptr %p369, align 8
  %i371 = insertelement <8 x float> poison, float %l370, i64 0
  %b372 = shufflevector <8 x float> %i371, <8 x float> poison, <8 x i32> zeroinitializer
  %p373 = getelementptr float, ptr %h336, i64 16
  %l374 = load <8 x float>, ptr %p373, align 64
  %v375 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b372, <8 x float> %l374, <8 x float> %v358)
  %p376 = getelementptr float, ptr %h327, i64 52
  %l377 = load float, ptr %p376, align 8
  %i378 = insertelement <8 x float> poison, float %l377, i64 0
  %b379 = shufflevector <8 x float> %i378, <8 x float> poison, <8 x i32> zeroinitializer
  %v380 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b379, <8 x float> %l374, <8 x float> %v363)
  %p381 = getelementptr float, ptr %h327, i64 62
  %l382 = load float, ptr %p381, align 8
  %i383 = insertelement <8 x float> poison, float %l382, i64 0
  %b384 = shufflevector <8 x float> %i383, <8 x float> poison, <8 x i32> zeroinitializer
  %v385 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b384, <8 x float> %l374, <8 x float> %v368)
  call void asm sideeffect "", "~{memory}"()
  %p386 = getelementptr float, ptr %h327, i64 43
  %l387 = load float, ptr %p386, align 4
  %i388 = insertelement <8 x float> poison, float %l387, i64 0
  %b389 = shufflevector <8 x float> %i388, <8 x float> poison, <8 x i32> zeroinitializer
  %p390 = getelementptr float, ptr %h336, i64 24
  %l391 = load <8 x float>, ptr %p390, align 32
  %v392 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b389, <8 x float> %l391, <8 x float> %v375)
  %p393 = getelementptr float, ptr %h327, i64 53
  %l394 = load float, ptr %p393, align 4
  %i395 = insertelement <8 x float> poison, float %l394, i64 0
  %b396 = shufflevector <8 x float> %i395, <8 x float> poison, <8 x i32> zeroinitializer
  %v397 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b396, <8 x float> %l391, <8 x float> %v380)
  %p398 = getelementptr float, ptr %h327, i64 63
  %l399 = load float, ptr %p398, align 4
  %i400 = insertelement <8 x float> poison, float %l399, i64 0
  %b401 = shufflevector <8 x float> %i400, <8 x float> poison, <8 x i32> zeroinitializer
  %v402 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b401, <8 x float> %l391, <8 x float> %v385)
  call void asm sideeffect "", "~{memory}"()
  %n321 = add nuw nsw i64 %i320, 1
  %c322 = icmp slt i64 %n321, 2
  br i1 %c322, label %L318, label %E319
E319:
  %p403 = getelementptr float, ptr %p324, i64 48
  %l404 = load float, ptr %p403, align 8
  %i405 = insertelement <8 x float> poison, float %l404, i64 0
  %b406 = shufflevector <8 x float> %i405, <8 x float> poison, <8 x i32> zeroinitializer
  %p407 = getelementptr float, ptr %p333, i64 64
  %l408 = load <8 x float>, ptr %p407, align 64
  %v409 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b406, <8 x float> %l408, <8 x float> %v392)
  %p410 = getelementptr float, ptr %p324, i64 58
  %l411 = load float, ptr %p410, align 8
  %i412 = insertelement <8 x float> poison, float %l411, i64 0
  %b413 = shufflevector <8 x float> %i412, <8 x float> poison, <8 x i32> zeroinitializer
  %v414 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b413, <8 x float> %l408, <8 x float> %v397)
  %p415 = getelementptr float, ptr %p324, i64 68
  %l416 = load float, ptr %p415, align 8
  %i417 = insertelement <8 x float> poison, float %l416, i64 0
  %b418 = shufflevector <8 x float> %i417, <8 x float> poison, <8 x i32> zeroinitializer
  %v419 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b418, <8 x float> %l408, <8 x float> %v402)
  call void asm sideeffect "", "~{memory}"()
  %p420 = getelementptr float, ptr %p324, i64 49
  %l421 = load float, ptr %p420, align 4
  %i422 = insertelement <8 x float> poison, float %l421, i64 0
  %b423 = shufflevector <8 x float> %i422, <8 x float> poison, <8 x i32> zeroinitializer
  %p424 = getelementptr float, ptr %p333, i64 72
  %l425 = load <8 x float>, ptr %p424, align 32
  %v426 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b423, <8 x float> %l425, <8 x float> %v409)
  %p427 = getelementptr float, ptr %p324, i64 59
  %l428 = load float, ptr %p427, align 4
  %i429 = insertelement <8 x float> poison, float %l428, i64 0
  %b430 = shufflevector <8 x float> %i429, <8 x float> poison, <8 x i32> zeroinitializer
  %v431 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b430, <8 x float> %l425, <8 x float> %v414)
  %p432 = getelementptr float, ptr %p324, i64 69
  %l433 = load float, ptr %p432, align 4
  %i434 = insertelement <8 x float> poison, float %l433, i64 0
  %b435 = shufflevector <8 x float> %i434, <8 x float> poison, <8 x i32> zeroinitializer
  %v436 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b435, <8 x float> %l425, <8 x float> %v419)
  call void asm sideeffect "", "~{memory}"()
  %p441 = getelementptr float, ptr %p440, i64 80
  store <8 x float> %v426, ptr %p441, align 16
  %p442 = getelementptr float, ptr %p440, i64 100
  store <8 x float> %v431, ptr %p442, align 16
  %p443 = getelementptr float, ptr %p440, i64 120
  store <8 x float> %v436, ptr %p443, align 16
  %n316 = add nuw nsw i64 %i315, 1
  %c317 = icmp slt i64 %n316, 2
  br i1 %c317, label %L313, label %E314
E314:
  br label %L444
L444:
  %i446 = phi i64 [ 0, %E314 ], [ %n447, %L444 ]
  %r461 = phi <4 x float> [ zeroinitializer, %E314 ], [ %v515, %L444 ]
  %r467 = phi <4 x float> [ zeroinitializer, %E314 ], [ %v520, %L444 ]
  %r473 = phi <4 x float> [ zeroinitializer, %E314 ], [ %v525, %L444 ]
  %m449 = mul nsw i64 %i446, 4
  %p450 = getelementptr float, ptr %p324, i64 %m449
  %h451 = call ptr asm "", "=r,0"(ptr %p450)
  %m456 = mul nsw i64 %i446, 32
  %p457 = getelementptr float, ptr %arg.w, i64 %m456
  %h458 = call ptr asm "", "=r,0"(ptr %p457)
  %p452 = getelementptr float, ptr %h451, i64 40
  %l453 = load float, ptr %p452, align 8
  %i454 = insertelement <4 x float> poison, float %l453, i64 0
  %b455 = shufflevector <4 x float> %i454, <4 x float> poison, <4 x i32> zeroinitializer
  %p459 = getelementptr float, ptr %h458, i64 160
  %l460 = load <4 x float>, ptr %p459, align 64
  %v462 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b455, <4 x float> %l460, <4 x float> %r461)
  %p463 = getelementptr float, ptr %h451, i64 50
  %l464 = load float, ptr %p463, align 8
  %i465 = insertelement <4 x float> poison, float %l464, i64 0
  %b466 = shufflevector <4 x float> %i465, <4 x float> poison, <4 x i32> zeroinitializer
  %v468 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b466, <4 x float> %l460, <4 x float> %r467)
  %p469 = getelementptr float, ptr %h451, i64 60
  %l470 = load float, ptr %p469, align 8
  %i471 = insertelement <4 x float> poison, float %l470, i64 0
  %b472 = shufflevector <4 x float> %i471, <4 x float> poison, <4 x i32> zeroinitializer
  %v474 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b472, <4 x float> %l460, <4 x float> %r473)
  call void asm sideeffect "", "~{memory}"()
  %p475 = getelementptr float, ptr %h451, i64 41
  %l476 = load float, ptr %p475, align 4
  %i477 = insertelement <4 x float> poison, float %l476, i64 0
  %b478 = shufflevector <4 x float> %i477, <4 x float> poison, <4 x i32> zeroinitializer
  %p479 = getelementptr float, ptr %h458, i64 168
  %l480 = load <4 x float>, ptr %p479, align 32
  %v481 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b478, <4 x float> %l480, <4 x float> %v462)
  %p482 = getelementptr float, ptr %h451, i64 51
  %l483 = load float, ptr %p482, align 4
  %i484 = insertelement <4 x float> poison, float %l483, i64 0
  %b485 = shufflevector <4 x float> %i484, <4 x float> poison, <4 x i32> zeroinitializer
  %v486 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b485, <4 x float> %l480, <4 x float> %v468)
  %p487 = getelementptr float, ptr %h451, i64 61
  %l488 = load float, ptr %p487, align 4
  %i489 = insertelement <4 x float> poison, float %l488, i64 0
  %b490 = shufflevector <4 x float> %i489, <4 x float> poison, <4 x i32> zeroinitializer
  %v491 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b490, <4 x float> %l480, <4 x float> %v474)
  call void asm sideeffect "", "~{memory}"()
  %p492 = getelementptr float, ptr %h451, i64 42
  %l493 = load float, ptr %p492, align 8
  %i494 = insertelement <4 x float> poison, float %l493, i64 0
  %b495 = shufflevector <4 x float> %i494, <4 x float> poison, <4 x i32> zeroinitializer
  %p496 = getelementptr float, ptr %h458, i64 176
  %l497 = load <4 x float>, ptr %p496, align 64
  %v498 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b495, <4 x float> %l497, <4 x float> %v481)
  %p499 = getelementptr float, ptr %h451, i64 52
  %l500 = load float, ptr %p499, align 8
  %i501 = insertelement <4 x float> poison, float %l500, i64 0
  %b502 = shufflevector <4 x float> %i501, <4 x float> poison, <4 x i32> zeroinitializer
  %v503 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b502, <4 x float> %l497, <4 x float> %v486)
  %p504 = getelementptr float, ptr %h451, i64 62
  %l505 = load float, ptr %p504, align 8
  %i506 = insertelement <4 x float> poison, float %l505, i64 0
  %b507 = shufflevector <4 x float> %i506, <4 x float> poison, <4 x i32> zeroinitializer
  %v508 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b507, <4 x float> %l497, <4 x float> %v491)
  call void asm sideeffect "", "~{memory}"()
  %p509 = getelementptr float, ptr %h451, i64 43
  %l510 = load float, ptr %p509, align 4
  %i511 = insertelement <4 x float> poison, float %l510, i64 0
  %b512 = shufflevector <4 x float> %i511, <4 x float> poison, <4 x i32> zeroinitializer
  %p513 = getelementptr float, ptr %h458, i64 184
  %l514 = load <4 x float>, ptr %p513, align 32
  %v515 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b512, <4 x float> %l514, <4 x float> %v498)
  %p516 = getelementptr float, ptr %h451, i64 53
  %l517 = load float, ptr %p516, align 4
  %i518 = insertelement <4 x float> poison, float %l517, i64 0
  %b519 = shufflevector <4 x float> %i518, <4 x float> poison, <4 x i32> zeroinitializer
  %v520 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b519, <4 x float> %l514, <4 x float> %v503)
  %p521 = getelementptr float, ptr %h451, i64 63
  %l522 = load float, ptr %p521, align 4
  %i523 = insertelement <4 x float> poison, float %l522, i64 0
  %b524 = shufflevector <4 x float> %i523, <4 x float> poison, <4 x i32> zeroinitializer
  %v525 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b524, <4 x float> %l514, <4 x float> %v508)
  call void asm sideeffect "", "~{memory}"()
  %n447 = add nuw nsw i64 %i446, 1
  %c448 = icmp slt i64 %n447, 2
  br i1 %c448, label %L444, label %E445
E445:
  %p526 = getelementptr float, ptr %p324, i64 48
  %l527 = load float, ptr %p526, align 8
  %i528 = insertelement <4 x float> poison, float %l527, i64 0
  %b529 = shufflevector <4 x float> %i528, <4 x float> poison, <4 x i32> zeroinitializer
  %p530 = getelementptr float, ptr %arg.w, i64 224
  %l531 = load <4 x float>, ptr %p530, align 64
  %v532 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b529, <4 x float> %l531, <4 x float> %v515)
  %p533 = getelementptr float, ptr %p324, i64 58
  %l534 = load float, ptr %p533, align 8
  %i535 = insertelement <4 x float> poison, float %l534, i64 0
  %b536 = shufflevector <4 x float> %i535, <4 x float> poison, <4 x i32> zeroinitializer
  %v537 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b536, <4 x float> %l531, <4 x float> %v520)
  %p538 = getelementptr float, ptr %p324, i64 68
  %l539 = load float, ptr %p538, align 8
  %i540 = insertelement <4 x float> poison, float %l539, i64 0
  %b541 = shufflevector <4 x float> %i540, <4 x float> poison, <4 x i32> zeroinitializer
  %v542 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b541, <4 x float> %l531, <4 x float> %v525)
  call void asm sideeffect "", "~{memory}"()
  %p543 = getelementptr float, ptr %p324, i64 49
  %l544 = load float, ptr %p543, align 4
  %i545 = insertelement <4 x float> poison, float %l544, i64 0
  %b546 = shufflevector <4 x float> %i545, <4 x float> poison, <4 x i32> zeroinitializer
  %p547 = getelementptr float, ptr %arg.w, i64 232
  %l548 = load <4 x float>, ptr %p547, align 32
  %v549 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b546, <4 x float> %l548, <4 x float> %v532)
  %p550 = getelementptr float, ptr %p324, i64 59
  %l551 = load float, ptr %p550, align 4
  %i552 = insertelement <4 x float> poison, float %l551, i64 0
  %b553 = shufflevector <4 x float> %i552, <4 x float> poison, <4 x i32> zeroinitializer
  %v554 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b553, <4 x float> %l548, <4 x float> %v537)
  %p555 = getelementptr float, ptr %p324, i64 69
  %l556 = load float, ptr %p555, align 4
  %i557 = insertelement <4 x float> poison, float %l556, i64 0
  %b558 = shufflevector <4 x float> %i557, <4 x float> poison, <4 x i32> zeroinitializer
  %v559 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b558, <4 x float> %l548, <4 x float> %v542)
  call void asm sideeffect "", "~{memory}"()
  %p560 = getelementptr float, ptr %p438, i64 96
  store <4 x float> %v549, ptr %p560, align 16
  %p561 = getelementptr float, ptr %p438, i64 116
  store <4 x float> %v554, ptr %p561, align 16
  %p562 = getelementptr float, ptr %p438, i64 136
  store <4 x float> %v559, ptr %p562, align 16
  %n311 = add nuw nsw i64 %i310, 1
  %c312 = icmp slt i64 %n311, 3
  br i1 %c312, label %L308, label %E309
E309:
  ret void
}

declare <4 x float> @llvm.fma.v4f32(<4 x float>, <4 x float>, <4 x float>)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
