define void @kernel(ptr noalias readonly align 64 %arg.x, ptr noalias readonly align 64 %arg.w, ptr noalias align 64 %arg.out, ptr noalias align 64 %workspace) nounwind "min-legal-vector-width"="256" "prefer-vector-width"="256" {
entry:
  br label %L1
L1:
  %i3 = phi i64 [ 0, %entry ], [ %n4, %E7 ]
  %m16 = mul nsw i64 %i3, 80
  %p17 = getelementptr float, ptr %arg.w, i64 %m16
  %m151 = mul nsw i64 %i3, 8
  %p152 = getelementptr float, ptr %arg.out, i64 %m151
  br label %L6
L6:
  %i8 = phi i64 [ 0, %L1 ], [ %n9, %L6 ]
  %r21 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v91, %L6 ]
  %r27 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v96, %L6 ]
  %r33 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v101, %L6 ]
  %r39 = phi <8 x float> [ zeroinitializer, %L1 ], [ %v106, %L6 ]
  %m11 = mul nsw i64 %i8, 4
  %p12 = getelementptr float, ptr %arg.x, i64 %m11
  %m18 = mul nsw i64 %i8, 32
  %p19 = getelementptr float, ptr %p17, i64 %m18
  %l13 = load float, ptr %p12, align 16
  %i14 = insertelement <8 x float> poison, float %l13, i64 0
  %b15 = shufflevector <8 x float> %i14, <8 x float> poison, <8 x i32> zeroinitializer
  %l20 = load <8 x float>, ptr %p19, align 64
  %v22 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b15, <8 x float> %l20, <8 x float> %r21)
  %p23 = getelementptr float, ptr %p12, i64 10
  %l24 = load float, ptr %p23, align 8
  %i25 = insertelement <8 x float> poison, float %l24, i64 0
  %b26 = shufflevector <8 x float> %i25, <8 x float> poison, <8 x i32> zeroinitializer
  %v28 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b26, <8 x float> %l20, <8 x float> %r27)
  %p29 = getelementptr float, ptr %p12, i64 20
  %l30 = load float, ptr %p29, align 16
  %i31 = insertelement <8 x float> poison, float %l30, i64 0
  %b32 = shufflevector <8 x float> %i31, <8 x float> poison, <8 x i32> zeroinitializer
  %v34 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b32, <8 x float> %l20, <8 x float> %r33)
  %p35 = getelementptr float, ptr %p12, i64 30
  %l36 = load float, ptr %p35, align 8
  %i37 = insertelement <8 x float> poison, float %l36, i64 0
  %b38 = shufflevector <8 x float> %i37, <8 x float> poison, <8 x i32> zeroinitializer
  %v40 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b38, <8 x float> %l20, <8 x float> %r39)
  call void asm sideeffect "", "~{memory}"()
  %p41 = getelementptr float, ptr %p12, i64 1
  %l42 = load float, ptr %p41, align 4
  %i43 = insertelement <8 x float> poison, float %l42, i64 0
  %b44 = shufflevector <8 x float> %i43, <8 x float> poison, <8 x i32> zeroinitializer
  %p45 = getelementptr float, ptr %p19, i64 8
  %l46 = load <8 x float>, ptr %p45, align 32
  %v47 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b44, <8 x float> %l46, <8 x float> %v22)
  %p48 = getelementptr float, ptr %p12, i64 11
  %l49 = load float, ptr %p48, align 4
  %i50 = insertelement <8 x float> poison, float %l49, i64 0
  %b51 = shufflevector <8 x float> %i50, <8 x float> poison, <8 x i32> zeroinitializer
  %v52 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b51, <8 x float> %l46, <8 x float> %v28)
  %p53 = getelementptr float, ptr %p12, i64 21
  %l54 = load float, ptr %p53, align 4
  %i55 = insertelement <8 x float> poison, float %l54, i64 0
  %b56 = shufflevector <8 x float> %i55, <8 x float> poison, <8 x i32> zeroinitializer
  %v57 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b56, <8 x float> %l46, <8 x float> %v34)
  %p58 = getelementptr float, ptr %p12, i64 31
  %l59 = load float, ptr %p58, align 4
  %i60 = insertelement <8 x float> poison, float %l59, i64 0
  %b61 = shufflevector <8 x float> %i60, <8 x float> poison, <8 x i32> zeroinitializer
  %v62 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b61, <8 x float> %l46, <8 x float> %v40)
  call void asm sideeffect "", "~{memory}"()
  %p63 = getelementptr float, ptr %p12, i64 2
  %l64 = load float, ptr %p63, align 8
  %i65 = insertelement <8 x float> poison, float %l64, i64 0
  %b66 = shufflevector <8 x float> %i65, <8 x float> poison, <8 x i32> zeroinitializer
  %p67 = getelementptr float, ptr %p19, i64 16
  %l68 = load <8 x float>, ptr %p67, align 64
  %v69 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b66, <8 x float> %l68, <8 x float> %v47)
  %p70 = getelementptr float, ptr %p12, i64 12
  %l71 = load float, ptr %p70, align 16
  %i72 = insertelement <8 x float> poison, float %l71, i64 0
  %b73 = shufflevector <8 x float> %i72, <8 x float> poison, <8 x i32> zeroinitializer
  %v74 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b73, <8 x float> %l68, <8 x float> %v52)
  %p75 = getelementptr float, ptr %p12, i64 22
  %l76 = load float, ptr %p75, align 8
  %i77 = insertelement <8 x float> poison, float %l76, i64 0
  %b78 = shufflevector <8 x float> %i77, <8 x float> poison, <8 x i32> zeroinitializer
  %v79 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b78, <8 x float> %l68, <8 x float> %v57)
  %p80 = getelementptr float, ptr %p12, i64 32
  %l81 = load float, ptr %p80, align 16
  %i82 = insertelement <8 x float> poison, float %l81, i64 0
  %b83 = shufflevector <8 x float> %i82, <8 x float> poison, <8 x i32> zeroinitializer
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b83, <8 x float> %l68, <8 x float> %v62)
  call void asm sideeffect "", "~{memory}"()
  %p85 = getelementptr float, ptr %p12, i64 3
  %l86 = load float, ptr %p85, align 4
  %i87 = insertelement <8 x float> poison, float %l86, i64 0
  %b88 = shufflevector <8 x float> %i87, <8 x float> poison, <8 x i32> zeroinitializer
  %p89 = getelementptr float, ptr %p19, i64 24
  %l90 = load <8 x float>, ptr %p89, align 32
  %v91 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b88, <8 x float> %l90, <8 x float> %v69)
  %p92 = getelementptr float, ptr %p12, i64 13
  %l93 = load float, ptr %p92, align 4
  %i94 = insertelement <8 x float> poison, float %l93, i64 0
  %b95 = shufflevector <8 x float> %i94, <8 x float> poison, <8 x i32> zeroinitializer
  %v96 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b95, <8 x float> %l90, <8 x float> %v74)
  %p97 = getelementptr float, ptr %p12, i64 23
  %l98 = load float, ptr %p97, align 4
  %i99 = insertelement <8 x float> poison, float %l98, i64 0
  %b100 = shufflevector <8 x float> %i99, <8 x float> poison, <8 x i32> zeroinitializer
  %v101 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b100, <8 x float> %l90, <8 x float> %v79)
  %p102 = getelementptr float, ptr %p12, i64 33
  %l103 = load float, ptr %p102, align 4
  %i104 = insertelement <8 x float> poison, float %l103, i64 0
  %b105 = shufflevector <8 x float> %i104, <8 x float> poison, <8 x i32> zeroinitializer
  %v106 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b105, <8 x float> %l90, <8 x float> %v84)
  call void asm sideeffect "", "~{memory}"()
  %n9 = add nuw nsw i64 %i8, 1
  %c10 = icmp slt i64 %n9, 2
  br i1 %c10, label %L6, label %E7
E7:
  %p107 = getelementptr float, ptr %arg.x, i64 8
  %l108 = load float, ptr %p107, align 32
  %i109 = insertelement <8 x float> poison, float %l108, i64 0
  %b110 = shufflevector <8 x float> %i109, <8 x float> poison, <8 x i32> zeroinitializer
  %p111 = getelementptr float, ptr %p17, i64 64
  %l112 = load <8 x float>, ptr %p111, align 64
  %v113 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b110, <8 x float> %l112, <8 x float> %v91)
  %p114 = getelementptr float, ptr %arg.x, i64 18
  %l115 = load float, ptr %p114, align 8
  %i116 = insertelement <8 x float> poison, float %l115, i64 0
  %b117 = shufflevector <8 x float> %i116, <8 x float> poison, <8 x i32> zeroinitializer
  %v118 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b117, <8 x float> %l112, <8 x float> %v96)
  %p119 = getelementptr float, ptr %arg.x, i64 28
  %l120 = load float, ptr %p119, align 16
  %i121 = insertelement <8 x float> poison, float %l120, i64 0
  %b122 = shufflevector <8 x float> %i121, <8 x float> poison, <8 x i32> zeroinitializer
  %v123 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b122, <8 x float> %l112, <8 x float> %v101)
  %p124 = getelementptr float, ptr %arg.x, i64 38
  %l125 = load float, ptr %p124, align 8
  %i126 = insertelement <8 x float> poison, float %l125, i64 0
  %b127 = shufflevector <8 x float> %i126, <8 x float> poison, <8 x i32> zeroinitializer
  %v128 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b127, <8 x float> %l112, <8 x float> %v106)
  call void asm sideeffect "", "~{memory}"()
  %p129 = getelementptr float, ptr %arg.x, i64 9
  %l130 = load float, ptr %p129, align 4
  %i131 = insertelement <8 x float> poison, float %l130, i64 0
  %b132 = shufflevector <8 x float> %i131, <8 x float> poison, <8 x i32> zeroinitializer
  %p133 = getelementptr float, ptr %p17, i64 72
  %l134 = load <8 x float>, ptr %p133, align 32
  %v135 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b132, <8 x float> %l134, <8 x float> %v113)
  %p136 = getelementptr float, ptr %arg.x, i64 19
  %l137 = load float, ptr %p136, align 4
  %i138 = insertelement <8 x float> poison, float %l137, i64 0
  %b139 = shufflevector <8 x float> %i138, <8 x float> poison, <8 x i32> zeroinitializer
  %v140 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b139, <8 x float> %l134, <8 x float> %v118)
  %p141 = getelementptr float, ptr %arg.x, i64 29
  %l142 = load float, ptr %p141, align 4
  %i143 = insertelement <8 x float> poison, float %l142, i64 0
  %b144 = shufflevector <8 x float> %i143, <8 x float> poison, <8 x i32> zeroinitializer
  %v145 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b144, <8 x float> %l134, <8 x float> %v123)
  %p146 = getelementptr float, ptr %arg.x, i64 39
  %l147 = load float, ptr %p146, align 4
  %i148 = insertelement <8 x float> poison, float %l147, i64 0
  %b149 = shufflevector <8 x float> %i148, <8 x float> poison, <8 x i32> zeroinitializer
  %v150 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b149, <8 x float> %l134, <8 x float> %v128)
  call void asm sideeffect "", "~{memory}"()
  store <8 x float> %v135, ptr %p152, align 32
  %p153 = getelementptr float, ptr %p152, i64 20
  store <8 x float> %v140, ptr %p153, align 16
  %p154 = getelementptr float, ptr %p152, i64 40
  store <8 x float> %v145, ptr %p154, align 32
  %p155 = getelementptr float, ptr %p152, i64 60
  store <8 x float> %v150, ptr %p155, align 16
  %n4 = add nuw nsw i64 %i3, 1
  %c5 = icmp slt i64 %n4, 2
  br i1 %c5, label %L1, label %E2
E2:
  br label %L156
L156:
  %i158 = phi i64 [ 0, %E2 ], [ %n159, %L156 ]
  %r170 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v240, %L156 ]
  %r176 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v245, %L156 ]
  %r182 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v250, %L156 ]
  %r188 = phi <4 x float> [ zeroinitializer, %E2 ], [ %v255, %L156 ]
  %m161 = mul nsw i64 %i158, 4
  %p162 = getelementptr float, ptr %arg.x, i64 %m161
  %m166 = mul nsw i64 %i158, 32
  %p167 = getelementptr float, ptr %arg.w, i64 %m166
  %l163 = load float, ptr %p162, align 16
  %i164 = insertelement <4 x float> poison, float %l163, i64 0
  %b165 = shufflevector <4 x float> %i164, <4 x float> poison, <4 x i32> zeroinitializer
  %p168 = getelementptr float, ptr %p167, i64 160
  %l169 = load <4 x float>, ptr %p168, align 64
  %v171 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b165, <4 x float> %l169, <4 x float> %r170)
  %p172 = getelementptr float, ptr %p162, i64 10
  %l173 = load float, ptr %p172, align 8
  %i174 = insertelement <4 x float> poison, float %l173, i64 0
  %b175 = shufflevector <4 x float> %i174, <4 x float> poison, <4 x i32> zeroinitializer
  %v177 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b175, <4 x float> %l169, <4 x float> %r176)
  %p178 = getelementptr float, ptr %p162, i64 20
  %l179 = load float, ptr %p178, align 16
  %i180 = insertelement <4 x float> poison, float %l179, i64 0
  %b181 = shufflevector <4 x float> %i180, <4 x float> poison, <4 x i32> zeroinitializer
  %v183 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b181, <4 x float> %l169, <4 x float> %r182)
  %p184 = getelementptr float, ptr %p162, i64 30
  %l185 = load float, ptr %p184, align 8
  %i186 = insertelement <4 x float> poison, float %l185, i64 0
  %b187 = shufflevector <4 x float> %i186, <4 x float> poison, <4 x i32> zeroinitializer
  %v189 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b187, <4 x float> %l169, <4 x float> %r188)
  call void asm sideeffect "", "~{memory}"()
  %p190 = getelementptr float, ptr %p162, i64 1
  %l191 = load float, ptr %p190, align 4
  %i192 = insertelement <4 x float> poison, float %l191, i64 0
  %b193 = shufflevector <4 x float> %i192, <4 x float> poison, <4 x i32> zeroinitializer
  %p194 = getelementptr float, ptr %p167, i64 168
  %l195 = load <4 x float>, ptr %p194, align 32
  %v196 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b193, <4 x float> %l195, <4 x float> %v171)
  %p197 = getelementptr float, ptr %p162, i64 11
  %l198 = load float, ptr %p197, align 4
  %i199 = insertelement <4 x float> poison, float %l198, i64 0
  %b200 = shufflevector <4 x float> %i199, <4 x float> poison, <4 x i32> zeroinitializer
  %v201 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b200, <4 x float> %l195, <4 x float> %v177)
  %p202 = getelementptr float, ptr %p162, i64 21
  %l203 = load float, ptr %p202, align 4
  %i204 = insertelement <4 x float> poison, float %l203, i64 0
  %b205 = shufflevector <4 x float> %i204, <4 x float> poison, <4 x i32> zeroinitializer
  %v206 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b205, <4 x float> %l195, <4 x float> %v183)
  %p207 = getelementptr float, ptr %p162, i64 31
  %l208 = load float, ptr %p207, align 4
  %i209 = insertelement <4 x float> poison, float %l208, i64 0
  %b210 = shufflevector <4 x float> %i209, <4 x float> poison, <4 x i32> zeroinitializer
  %v211 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b210, <4 x float> %l195, <4 x float> %v189)
  call void asm sideeffect "", "~{memory}"()
  %p212 = getelementptr float, ptr %p162, i64 2
  %l213 = load float, ptr %p212, align 8
  %i214 = insertelement <4 x float> poison, float %l213, i64 0
  %b215 = shufflevector <4 x float> %i214, <4 x float> poison, <4 x i32> zeroinitializer
  %p216 = getelementptr float, ptr %p167, i64 176
  %l217 = load <4 x float>, ptr %p216, align 64
  %v218 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b215, <4 x float> %l217, <4 x float> %v196)
  %p219 = getelementptr float, ptr %p162, i64 12
  %l220 = load float, ptr %p219, align 16
  %i221 = insertelement <4 x float> poison, float %l220, i64 0
  %b222 = shufflevector <4 x float> %i221, <4 x float> poison, <4 x i32> zeroinitializer
  %v223 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b222, <4 x float> %l217, <4 x float> %v201)
  %p224 = getelementptr float, ptr %p162, i64 22
  %l225 = load float, ptr %p224, align 8
  %i226 = insertelement <4 x float> poison, float %l225, i64 0
  %b227 = shufflevector <4 x float> %i226, <4 x float> poison, <4 x i32> zeroinitializer
  %v228 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b227, <4 x float> %l217, <4 x float> %v206)
  %p229 = getelementptr float, ptr %p162, i64 32
  %l230 = load float, ptr %p229, align 16
  %i231 = insertelement <4 x float> poison, float %l230, i64 0
  %b232 = shufflevector <4 x float> %i231, <4 x float> poison, <4 x i32> zeroinitializer
  %v233 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b232, <4 x float> %l217, <4 x float> %v211)
  call void asm sideeffect "", "~{memory}"()
  %p234 = getelementptr float, ptr %p162, i64 3
  %l235 = load float, ptr %p234, align 4
  %i236 = insertelement <4 x float> poison, float %l235, i64 0
  %b237 = shufflevector <4 x float> %i236, <4 x float> poison, <4 x i32> zeroinitializer
  %p238 = getelementptr float, ptr %p167, i64 184
  %l239 = load <4 x float>, ptr %p238, align 32
  %v240 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b237, <4 x float> %l239, <4 x float> %v218)
  %p241 = getelementptr float, ptr %p162, i64 13
  %l242 = load float, ptr %p241, align 4
  %i243 = insertelement <4 x float> poison, float %l242, i64 0
  %b244 = shufflevector <4 x float> %i243, <4 x float> poison, <4 x i32> zeroinitializer
  %v245 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b244, <4 x float> %l239, <4 x float> %v223)
  %p246 = getelementptr float, ptr %p162, i64 23
  %l247 = load float, ptr %p246, align 4
  %i248 = insertelement <4 x float> poison, float %l247, i64 0
  %b249 = shufflevector <4 x float> %i248, <4 x float> poison, <4 x i32> zeroinitializer
  %v250 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b249, <4 x float> %l239, <4 x float> %v228)
  %p251 = getelementptr float, ptr %p162, i64 33
  %l252 = load float, ptr %p251, align 4
  %i253 = insertelement <4 x float> poison, float %l252, i64 0
  %b254 = shufflevector <4 x float> %i253, <4 x float> poison, <4 x i32> zeroinitializer
  %v255 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b254, <4 x float> %l239, <4 x float> %v233)
  call void asm sideeffect "", "~{memory}"()
  %n159 = add nuw nsw i64 %i158, 1
  %c160 = icmp slt i64 %n159, 2
  br i1 %c160, label %L156, label %E157
E157:
  %p256 = getelementptr float, ptr %arg.x, i64 8
  %l257 = load float, ptr %p256, align 32
  %i258 = insertelement <4 x float> poison, float %l257, i64 0
  %b259 = shufflevector <4 x float> %i258, <4 x float> poison, <4 x i32> zeroinitializer
  %p260 = getelementptr float, ptr %arg.w, i64 224
  %l261 = load <4 x float>, ptr %p260, align 64
  %v262 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b259, <4 x float> %l261, <4 x float> %v240)
  %p263 = getelementptr float, ptr %arg.x, i64 18
  %l264 = load float, ptr %p263, align 8
  %i265 = insertelement <4 x float> poison, float %l264, i64 0
  %b266 = shufflevector <4 x float> %i265, <4 x float> poison, <4 x i32> zeroinitializer
  %v267 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b266, <4 x float> %l261, <4 x float> %v245)
  %p268 = getelementptr float, ptr %arg.x, i64 28
  %l269 = load float, ptr %p268, align 16
  %i270 = insertelement <4 x float> poison, float %l269, i64 0
  %b271 = shufflevector <4 x float> %i270, <4 x float> poison, <4 x i32> zeroinitializer
  %v272 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b271, <4 x float> %l261, <4 x float> %v250)
  %p273 = getelementptr float, ptr %arg.x, i64 38
  %l274 = load float, ptr %p273, align 8
  %i275 = insertelement <4 x float> poison, float %l274, i64 0
  %b276 = shufflevector <4 x float> %i275, <4 x float> poison, <4 x i32> zeroinitializer
  %v277 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b276, <4 x float> %l261, <4 x float> %v255)
  call void asm sideeffect "", "~{memory}"()
  %p278 = getelementptr float, ptr %arg.x, i64 9
  %l279 = load float, ptr %p278, align 4
  %i280 = insertelement <4 x float> poison, float %l279, i64 0
  %b281 = shufflevector <4 x float> %i280, <4 x float> poison, <4 x i32> zeroinitializer
  %p282 = getelementptr float, ptr %arg.w, i64 232
  %l283 = load <4 x float>, ptr %p282, align 32
  %v284 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b281, <4 x float> %l283, <4 x float> %v262)
  %p285 = getelementptr float, ptr %arg.x, i64 19
  %l286 = load float, ptr %p285, align 4
  %i287 = insertelement <4 x float> poison, float %l286, i64 0
  %b288 = shufflevector <4 x float> %i287, <4 x float> poison, <4 x i32> zeroinitializer
  %v289 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b288, <4 x float> %l283, <4 x float> %v267)
  %p290 = getelementptr float, ptr %arg.x, i64 29
  %l291 = load float, ptr %p290, align 4
  %i292 = insertelement <4 x float> poison, float %l291, i64 0
  %b293 = shufflevector <4 x float> %i292, <4 x float> poison, <4 x i32> zeroinitializer
  %v294 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b293, <4 x float> %l283, <4 x float> %v272)
  %p295 = getelementptr float, ptr %arg.x, i64 39
  %l296 = load float, ptr %p295, align 4
  %i297 = insertelement <4 x float> poison, float %l296, i64 0
  %b298 = shufflevector <4 x float> %i297, <4 x float> poison, <4 x i32> zeroinitializer
  %v299 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b298, <4 x float> %l283, <4 x float> %v277)
  call void asm sideeffect "", "~{memory}"()
  %p300 = getelementptr float, ptr %arg.out, i64 16
  store <4 x float> %v284, ptr %p300, align 64
  %p301 = getelementptr float, ptr %arg.out, i64 36
  store <4 x float> %v289, ptr %p301, align 16
  %p302 = getelementptr float, ptr %arg.out, i64 56
  store <4 x float> %v294, ptr %p302, align 32
  %p303 = getelementptr float, ptr %arg.out, i64 76
  store <4 x float> %v299, ptr %p303, align 16
  br label %L304
L304:
  %i306 = phi i64 [ 0, %E157 ], [ %n307, %E439 ]
  %m319 = mul nsw i64 %i306, 30
  %p320 = getelementptr float, ptr %arg.x, i64 %m319
  %m431 = mul nsw i64 %i306, 60
  %p432 = getelementptr float, ptr %arg.out, i64 %m431
  br label %L309
L309:
  %i311 = phi i64 [ 0, %L304 ], [ %n312, %E315 ]
  %m327 = mul nsw i64 %i311, 80
  %p328 = getelementptr float, ptr %arg.w, i64 %m327
  %m433 = mul nsw i64 %i311, 8
  %p434 = getelementptr float, ptr %p432, i64 %m433
  br label %L314
L314:
  %i316 = phi i64 [ 0, %L309 ], [ %n317, %L314 ]
  %r332 = phi <8 x float> [ zeroinitializer, %L309 ], [ %v386, %L314 ]
  %r338 = phi <8 x float> [ zeroinitializer, %L309 ], [ %v391, %L314 ]
  %r344 = phi <8 x float> [ zeroinitializer, %L309 ], [ %v396, %L314 ]
  %m321 = mul nsw i64 %i316, 4
  %p322 = getelementptr float, ptr %p320, i64 %m321
  %m329 = mul nsw i64 %i316, 32
  %p330 = getelementptr float, ptr %p328, i64 %m329
  %p323 = getelementptr float, ptr %p322, i64 40
  %l324 = load float, ptr %p323, align 8
  %i325 = insertelement <8 x float> poison, float %l324, i64 0
  %b326 = shufflevector <8 x float> %i325, <8 x float> poison, <8 x i32> zeroinitializer
  %l331 = load <8 x float>, ptr %p330, align 64
  %v333 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b326, <8 x float> %l331, <8 x float> %r332)
  %p334 = getelementptr float, ptr %p322, i64 50
  %l335 = load float, ptr %p334, align 8
  %i336 = insertelement <8 x float> poison, float %l335, i64 0
  %b337 = shufflevector <8 x float> %i336, <8 x float> poison, <8 x i32> zeroinitializer
  %v339 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b337, <8 x float> %l331, <8 x float> %r338)
  %p340 = getelementptr float, ptr %p322, i64 60
  %l341 = load float, ptr %p340, align 8
  %i342 = insertelement <8 x float> poison, float %l341, i64 0
  %b343 = shufflevector <8 x float> %i342, <8 x float> poison, <8 x i32> zeroinitializer
  %v345 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b343, <8 x float> %l331, <8 x float> %r344)
  call void asm sideeffect "", "~{memory}"()
  %p346 = getelementptr float, ptr %p322, i64 41
  %l347 = load float, ptr %p346, align 4
  %i348 = insertelement <8 x float> poison, float %l347, i64 0
  %b349 = shufflevector <8 x float> %i348, <8 x float> poison, <8 x i32> zeroinitializer
  %p350 = getelementptr float, ptr %p330, i64 8
  %l351 = load <8 x float>, ptr %p350, align 32
  %v352 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b349, <8 x float> %l351, <8 x float> %v333)
  %p353 = getelementptr float, ptr %p322, i64 51
  %l354 = load float, ptr %p353, align 4
  %i355 = insertelement <8 x float> poison, float %l354, i64 0
  %b356 = shufflevector <8 x float> %i355, <8 x float> poison, <8 x i32> zeroinitializer
  %v357 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b356, <8 x float> %l351, <8 x float> %v339)
  %p358 = getelementptr float, ptr %p322, i64 61
  %l359 = load float, ptr %p358, align 4
  %i360 = insertelement <8 x float> poison, float %l359, i64 0
  %b361 = shufflevector <8 x float> %i360, <8 x float> poison, <8 x i32> zeroinitializer
  %v362 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b361, <8 x float> %l351, <8 x float> %v345)
  call void asm sideeffect "", "~{memory}"()
  %p363 = getelementptr float, ptr %p322, i64 42
  %l364 = load float, ptr %p363, align 8
  %i365 = insertelement <8 x float> poison, float %l364, i64 0
  %b366 = shufflevector <8 x float> %i365, <8 x float> poison, <8 x i32> zeroinitializer
  %p367 = getelementptr float, ptr %p330, i64 16
  %l368 = load <8 x float>, ptr %p367, align 64
  %v369 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b366, <8 x float> %l368, <8 x float> %v352)
  %p370 = getelementptr float, ptr %p322, i64 52
  %l371 = load float, ptr %p370, align 8
  %i372 = insertelement <8 x float> poison, float %l371, i64 0
  %b373 = shufflevector <8 x float> %i372, <8 x float> poison, <8 x i32> zeroinitializer
  %v374 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b373, <8 x float> %l368, <8 x float> %v357)
  %p375 = getelementptr float, ptr %p322, i64 62
  %l376 = load float, ptr %p375, align 8
  %i377 = insertelement <8 x float> poison, float %l376, i64 0
  %b378 = shufflevector <8 x float> %i377, <8 x float> poison, <8 x i32> zeroinitializer
  %v379 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b378, <8 x float> %l368, <8 x float> %v362)
  call void asm sideeffect "", "~{memory}"()
  %p380 = getelementptr float, ptr %p322, i64 43
  %l381 = load float, ptr %p380, align 4
  %i382 = insertelement <8 x float> poison, float %l381, i64 0
  %b383 = shufflevector <8 x float> %i382, <8 x float> poison, <8 x i32> zeroinitializer
  %p384 = getelementptr float, ptr %p330, i64 24
  %l385 = load <8 x float>, ptr %p384, align 32
  %v386 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b383, <8 x float> %l385, <8 x float> %v369)
  %p387 = getelementptr float, ptr %p322, i64 53
  %l388 = load float, ptr %p387, align 4
  %i389 = insertelement <8 x float> poison, float %l388, i64 0
  %b390 = shufflevector <8 x float> %i389, <8 x float> poison, <8 x i32> zeroinitializer
  %v391 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b390, <8 x float> %l385, <8 x float> %v374)
  %p392 = getelementptr float, ptr %p322, i64 63
  %l393 = load float, ptr %p392, align 4
  %i394 = insertelement <8 x float> poison, float %l393, i64 0
  %b395 = shufflevector <8 x float> %i394, <8 x float> poison, <8 x i32> zeroinitializer
  %v396 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b395, <8 x float> %l385, <8 x float> %v379)
  call void asm sideeffect "", "~{memory}"()
  %n317 = add nuw nsw i64 %i316, 1
  %c318 = icmp slt i64 %n317, 2
  br i1 %c318, label %L314, label %E315
E315:
  %p397 = getelementptr float, ptr %p320, i64 48
  %l398 = load float, ptr %p397, align 8
  %i399 = insertelement <8 x float> poison, float %l398, i64 0
  %b400 = shufflevector <8 x float> %i399, <8 x float> poison, <8 x i32> zeroinitializer
  %p401 = getelementptr float, ptr %p328, i64 64
  %l402 = load <8 x float>, ptr %p401, align 64
  %v403 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b400, <8 x float> %l402, <8 x float> %v386)
  %p404 = getelementptr float, ptr %p320, i64 58
  %l405 = load float, ptr %p404, align 8
  %i406 = insertelement <8 x float> poison, float %l405, i64 0
  %b407 = shufflevector <8 x float> %i406, <8 x float> poison, <8 x i32> zeroinitializer
  %v408 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b407, <8 x float> %l402, <8 x float> %v391)
  %p409 = getelementptr float, ptr %p320, i64 68
  %l410 = load float, ptr %p409, align 8
  %i411 = insertelement <8 x float> poison, float %l410, i64 0
  %b412 = shufflevector <8 x float> %i411, <8 x float> poison, <8 x i32> zeroinitializer
  %v413 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b412, <8 x float> %l402, <8 x float> %v396)
  call void asm sideeffect "", "~{memory}"()
  %p414 = getelementptr float, ptr %p320, i64 49
  %l415 = load float, ptr %p414, align 4
  %i416 = insertelement <8 x float> poison, float %l415, i64 0
  %b417 = shufflevector <8 x float> %i416, <8 x float> poison, <8 x i32> zeroinitializer
  %p418 = getelementptr float, ptr %p328, i64 72
  %l419 = load <8 x float>, ptr %p418, align 32
  %v420 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b417, <8 x float> %l419, <8 x float> %v403)
  %p421 = getelementptr float, ptr %p320, i64 59
  %l422 = load float, ptr %p421, align 4
  %i423 = insertelement <8 x float> poison, float %l422, i64 0
  %b424 = shufflevector <8 x float> %i423, <8 x float> poison, <8 x i32> zeroinitializer
  %v425 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b424, <8 x float> %l419, <8 x float> %v408)
  %p426 = getelementptr float, ptr %p320, i64 69
  %l427 = load float, ptr %p426, align 4
  %i428 = insertelement <8 x float> poison, float %l427, i64 0
  %b429 = shufflevector <8 x float> %i428, <8 x float> poison, <8 x i32> zeroinitializer
  %v430 = call <8 x float> @llvm.fma.v8f32(<8 x float> %b429, <8 x float> %l419, <8 x float> %v413)
  call void asm sideeffect "", "~{memory}"()
  %p435 = getelementptr float, ptr %p434, i64 80
  store <8 x float> %v420, ptr %p435, align 16
  %p436 = getelementptr float, ptr %p434, i64 100
  store <8 x float> %v425, ptr %p436, align 16
  %p437 = getelementptr float, ptr %p434, i64 120
  store <8 x float> %v430, ptr %p437, align 16
  %n312 = add nuw nsw i64 %i311, 1
  %c313 = icmp slt i64 %n312, 2
  br i1 %c313, label %L309, label %E310
E310:
  br label %L438
L438:
  %i440 = phi i64 [ 0, %E310 ], [ %n441, %L438 ]
  %r453 = phi <4 x float> [ zeroinitializer, %E310 ], [ %v507, %L438 ]
  %r459 = phi <4 x float> [ zeroinitializer, %E310 ], [ %v512, %L438 ]
  %r465 = phi <4 x float> [ zeroinitializer, %E310 ], [ %v517, %L438 ]
  %m443 = mul nsw i64 %i440, 4
  %p444 = getelementptr float, ptr %p320, i64 %m443
  %m449 = mul nsw i64 %i440, 32
  %p450 = getelementptr float, ptr %arg.w, i64 %m449
  %p445 = getelementptr float, ptr %p444, i64 40
  %l446 = load float, ptr %p445, align 8
  %i447 = insertelement <4 x float> poison, float %l446, i64 0
  %b448 = shufflevector <4 x float> %i447, <4 x float> poison, <4 x i32> zeroinitializer
  %p451 = getelementptr float, ptr %p450, i64 160
  %l452 = load <4 x float>, ptr %p451, align 64
  %v454 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b448, <4 x float> %l452, <4 x float> %r453)
  %p455 = getelementptr float, ptr %p444, i64 50
  %l456 = load float, ptr %p455, align 8
  %i457 = insertelement <4 x float> poison, float %l456, i64 0
  %b458 = shufflevector <4 x float> %i457, <4 x float> poison, <4 x i32> zeroinitializer
  %v460 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b458, <4 x float> %l452, <4 x float> %r459)
  %p461 = getelementptr float, ptr %p444, i64 60
  %l462 = load float, ptr %p461, align 8
  %i463 = insertelement <4 x float> poison, float %l462, i64 0
  %b464 = shufflevector <4 x float> %i463, <4 x float> poison, <4 x i32> zeroinitializer
  %v466 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b464, <4 x float> %l452, <4 x float> %r465)
  call void asm sideeffect "", "~{memory}"()
  %p467 = getelementptr float, ptr %p444, i64 41
  %l468 = load float, ptr %p467, align 4
  %i469 = insertelement <4 x float> poison, float %l468, i64 0
  %b470 = shufflevector <4 x float> %i469, <4 x float> poison, <4 x i32> zeroinitializer
  %p471 = getelementptr float, ptr %p450, i64 168
  %l472 = load <4 x float>, ptr %p471, align 32
  %v473 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b470, <4 x float> %l472, <4 x float> %v454)
  %p474 = getelementptr float, ptr %p444, i64 51
  %l475 = load float, ptr %p474, align 4
  %i476 = insertelement <4 x float> poison, float %l475, i64 0
  %b477 = shufflevector <4 x float> %i476, <4 x float> poison, <4 x i32> zeroinitializer
  %v478 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b477, <4 x float> %l472, <4 x float> %v460)
  %p479 = getelementptr float, ptr %p444, i64 61
  %l480 = load float, ptr %p479, align 4
  %i481 = insertelement <4 x float> poison, float %l480, i64 0
  %b482 = shufflevector <4 x float> %i481, <4 x float> poison, <4 x i32> zeroinitializer
  %v483 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b482, <4 x float> %l472, <4 x float> %v466)
  call void asm sideeffect "", "~{memory}"()
  %p484 = getelementptr float, ptr %p444, i64 42
  %l485 = load float, ptr %p484, align 8
  %i486 = insertelement <4 x float> poison, float %l485, i64 0
  %b487 = shufflevector <4 x float> %i486, <4 x float> poison, <4 x i32> zeroinitializer
  %p488 = getelementptr float, ptr %p450, i64 176
  %l489 = load <4 x float>, ptr %p488, align 64
  %v490 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b487, <4 x float> %l489, <4 x float> %v473)
  %p491 = getelementptr float, ptr %p444, i64 52
  %l492 = load float, ptr %p491, align 8
  %i493 = insertelement <4 x float> poison, float %l492, i64 0
  %b494 = shufflevector <4 x float> %i493, <4 x float> poison, <4 x i32> zeroinitializer
  %v495 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b494, <4 x float> %l489, <4 x float> %v478)
  %p496 = getelementptr float, ptr %p444, i64 62
  %l497 = load float, ptr %p496, align 8
  %i498 = insertelement <4 x float> poison, float %l497, i64 0
  %b499 = shufflevector <4 x float> %i498, <4 x float> poison, <4 x i32> zeroinitializer
  %v500 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b499, <4 x float> %l489, <4 x float> %v483)
  call void asm sideeffect "", "~{memory}"()
  %p501 = getelementptr float, ptr %p444, i64 43
  %l502 = load float, ptr %p501, align 4
  %i503 = insertelement <4 x float> poison, float %l502, i64 0
  %b504 = shufflevector <4 x float> %i503, <4 x float> poison, <4 x i32> zeroinitializer
  %p505 = getelementptr float, ptr %p450, i64 184
  %l506 = load <4 x float>, ptr %p505, align 32
  %v507 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b504, <4 x float> %l506, <4 x float> %v490)
  %p508 = getelementptr float, ptr %p444, i64 53
  %l509 = load float, ptr %p508, align 4
  %i510 = insertelement <4 x float> poison, float %l509, i64 0
  %b511 = shufflevector <4 x float> %i510, <4 x float> poison, <4 x i32> zeroinitializer
  %v512 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b511, <4 x float> %l506, <4 x float> %v495)
  %p513 = getelementptr float, ptr %p444, i64 63
  %l514 = load float, ptr %p513, align 4
  %i515 = insertelement <4 x float> poison, float %l514, i64 0
  %b516 = shufflevector <4 x float> %i515, <4 x float> poison, <4 x i32> zeroinitializer
  %v517 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b516, <4 x float> %l506, <4 x float> %v500)
  call void asm sideeffect "", "~{memory}"()
  %n441 = add nuw nsw i64 %i440, 1
  %c442 = icmp slt i64 %n441, 2
  br i1 %c442, label %L438, label %E439
E439:
  %p518 = getelementptr float, ptr %p320, i64 48
  %l519 = load float, ptr %p518, align 8
  %i520 = insertelement <4 x float> poison, float %l519, i64 0
  %b521 = shufflevector <4 x float> %i520, <4 x float> poison, <4 x i32> zeroinitializer
  %p522 = getelementptr float, ptr %arg.w, i64 224
  %l523 = load <4 x float>, ptr %p522, align 64
  %v524 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b521, <4 x float> %l523, <4 x float> %v507)
  %p525 = getelementptr float, ptr %p320, i64 58
  %l526 = load float, ptr %p525, align 8
  %i527 = insertelement <4 x float> poison, float %l526, i64 0
  %b528 = shufflevector <4 x float> %i527, <4 x float> poison, <4 x i32> zeroinitializer
  %v529 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b528, <4 x float> %l523, <4 x float> %v512)
  %p530 = getelementptr float, ptr %p320, i64 68
  %l531 = load float, ptr %p530, align 8
  %i532 = insertelement <4 x float> poison, float %l531, i64 0
  %b533 = shufflevector <4 x float> %i532, <4 x float> poison, <4 x i32> zeroinitializer
  %v534 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b533, <4 x float> %l523, <4 x float> %v517)
  call void asm sideeffect "", "~{memory}"()
  %p535 = getelementptr float, ptr %p320, i64 49
  %l536 = load float, ptr %p535, align 4
  %i537 = insertelement <4 x float> poison, float %l536, i64 0
  %b538 = shufflevector <4 x float> %i537, <4 x float> poison, <4 x i32> zeroinitializer
  %p539 = getelementptr float, ptr %arg.w, i64 232
  %l540 = load <4 x float>, ptr %p539, align 32
  %v541 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b538, <4 x float> %l540, <4 x float> %v524)
  %p542 = getelementptr float, ptr %p320, i64 59
  %l543 = load float, ptr %p542, align 4
  %i544 = insertelement <4 x float> poison, float %l543, i64 0
  %b545 = shufflevector <4 x float> %i544, <4 x float> poison, <4 x i32> zeroinitializer
  %v546 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b545, <4 x float> %l540, <4 x float> %v529)
  %p547 = getelementptr float, ptr %p320, i64 69
  %l548 = load float, ptr %p547, align 4
  %i549 = insertelement <4 x float> poison, float %l548, i64 0
  %b550 = shufflevector <4 x float> %i549, <4 x float> poison, <4 x i32> zeroinitializer
  %v551 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b550, <4 x float> %l540, <4 x float> %v534)
  call void asm sideeffect "", "~{memory}"()
  %p552 = getelementptr float, ptr %p432, i64 96
  store <4 x float> %v541, ptr %p552, align 16
  %p553 = getelementptr float, ptr %p432, i64 116
  store <4 x float> %v546, ptr %p553, align 16
  %p554 = getelementptr float, ptr %p432, i64 136
  store <4 x float> %v551, ptr %p554, align 16
  %n307 = add nuw nsw i64 %i306, 1
  %c308 = icmp slt i64 %n307, 3
  br i1 %c308, label %L304, label %E305
E305:
  ret void
}

declare <4 x float> @llvm.fma.v4f32(<4 x float>, <4 x float>, <4 x float>)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
