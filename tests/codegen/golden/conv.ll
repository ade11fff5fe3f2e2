define internal void @parallel0.body(ptr noalias align 64 %arg.x, ptr noalias align 64 %arg.w, ptr noalias align 64 %arg.out, ptr noalias align 64 %workspace, i64 %captured0, i64 %begin, i64 %end, i64 %thread) nounwind "min-legal-vector-width"="256" "prefer-vector-width"="256" {
entry:
  %t1 = mul nsw i64 %thread, 0
  %t2 = add nsw i64 %t1, 0
  %scratch = getelementptr inbounds i8, ptr %workspace, i64 %t2
  %m43 = mul nsw i64 %captured0, 216
  %p44 = getelementptr float, ptr %arg.w, i64 %m43
  %m106 = mul nsw i64 %captured0, 100
  %p107 = getelementptr float, ptr %arg.out, i64 %m106
  br label %L3
L3:
  %i5 = phi i64 [ %begin, %entry ], [ %n6, %E113 ]
  %m13 = mul nsw i64 %i5, -2
  %a14 = add nsw i64 %m13, 1
  %m16 = mul nsw i64 %i5, -2
  %a17 = add nsw i64 %m16, 10
  %m32 = mul nsw i64 %i5, 72
  %p33 = getelementptr float, ptr %arg.x, i64 %m32
  %m108 = mul nsw i64 %i5, 20
  %p109 = getelementptr float, ptr %p107, i64 %m108
  br label %L8
L8:
  %i10 = phi i64 [ 0, %L3 ], [ %n11, %E20 ]
  %r52 = phi <4 x float> [ zeroinitializer, %L3 ], [ %v98, %E20 ]
  %r60 = phi <4 x float> [ zeroinitializer, %L3 ], [ %v105, %E20 ]
  %r87 = phi <4 x float> [ zeroinitializer, %L3 ], [ %v91, %E20 ]
  %m24 = mul nsw i64 %i10, -4
  %a25 = add nsw i64 %m24, 6
  %m34 = mul nsw i64 %i10, 324
  %p35 = getelementptr float, ptr %p33, i64 %m34
  %m45 = mul nsw i64 %i10, 144
  %p46 = getelementptr float, ptr %p44, i64 %m45
  %b15 = call i64 @llvm.smax.i64(i64 0, i64 %a14)
  %b18 = call i64 @llvm.smin.i64(i64 3, i64 %a17)
  br label %L19
L19:
  %i21 = phi i64 [ %b15, %L8 ], [ %n22, %E65 ]
  %r53 = phi <4 x float> [ %r52, %L8 ], [ %v98, %E65 ]
  %r61 = phi <4 x float> [ %r60, %L8 ], [ %v105, %E65 ]
  %r88 = phi <4 x float> [ %r87, %L8 ], [ %v91, %E65 ]
  %m36 = mul nsw i64 %i21, 36
  %p37 = getelementptr float, ptr %p35, i64 %m36
  %m47 = mul nsw i64 %i21, 12
  %p48 = getelementptr float, ptr %p46, i64 %m47
  %b26 = call i64 @llvm.smin.i64(i64 4, i64 %a25)
  br label %L27
L27:
  %i29 = phi i64 [ 0, %L19 ], [ %n30, %L27 ]
  %r54 = phi <4 x float> [ %r53, %L19 ], [ %v55, %L27 ]
  %r62 = phi <4 x float> [ %r61, %L19 ], [ %v63, %L27 ]
  %p38 = getelementptr float, ptr %p37, i64 %i29
  %m49 = mul nsw i64 %i29, 36
  %p50 = getelementptr float, ptr %p48, i64 %m49
  %p39 = getelementptr float, ptr %p38, i64 -32
  %l40 = load float, ptr %p39, align 4
  %i41 = insertelement <4 x float> poison, float %l40, i64 0
  %b42 = shufflevector <4 x float> %i41, <4 x float> poison, <4 x i32> zeroinitializer
  %l51 = load <4 x float>, ptr %p50, align 16
  %v55 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b42, <4 x float> %l51, <4 x float> %r54)
  %p56 = getelementptr float, ptr %p38, i64 -24
  %l57 = load float, ptr %p56, align 4
  %i58 = insertelement <4 x float> poison, float %l57, i64 0
  %b59 = shufflevector <4 x float> %i58, <4 x float> poison, <4 x i32> zeroinitializer
  %v63 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b59, <4 x float> %l51, <4 x float> %r62)
  %n30 = add nuw nsw i64 %i29, 1
  %c31 = icmp slt i64 %n30, %b26
  br i1 %c31, label %L27, label %E28
E28:
  br label %L64
L64:
  %i66 = phi i64 [ 0, %E28 ], [ %n67, %E71 ]
  %r89 = phi <4 x float> [ %r88, %E28 ], [ %v91, %E71 ]
  %r96 = phi <4 x float> [ %v55, %E28 ], [ %v98, %E71 ]
  %r103 = phi <4 x float> [ %v63, %E28 ], [ %v105, %E71 ]
  %m75 = mul nsw i64 %i66, 4
  %p76 = getelementptr float, ptr %p37, i64 %m75
  %p82 = getelementptr float, ptr %p48, i64 %m75
  %b69 = call i64 @llvm.smin.i64(i64 4, i64 %a25)
  br label %L70
L70:
  %i72 = phi i64 [ 0, %L64 ], [ %n73, %L70 ]
  %r90 = phi <4 x float> [ %r89, %L64 ], [ %v91, %L70 ]
  %r97 = phi <4 x float> [ %r96, %L64 ], [ %v98, %L70 ]
  %r104 = phi <4 x float> [ %r103, %L64 ], [ %v105, %L70 ]
  %p77 = getelementptr float, ptr %p76, i64 %i72
  %m83 = mul nsw i64 %i72, 36
  %p84 = getelementptr float, ptr %p82, i64 %m83
  %p78 = getelementptr float, ptr %p77, i64 -36
  %l79 = load float, ptr %p78, align 4
  %i80 = insertelement <4 x float> poison, float %l79, i64 0
  %b81 = shufflevector <4 x float> %i80, <4 x float> poison, <4 x i32> zeroinitializer
  %p85 = getelementptr float, ptr %p84, i64 4
  %l86 = load <4 x float>, ptr %p85, align 16
  %v91 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b81, <4 x float> %l86, <4 x float> %r90)
  %p92 = getelementptr float, ptr %p77, i64 -28
  %l93 = load float, ptr %p92, align 4
  %i94 = insertelement <4 x float> poison, float %l93, i64 0
  %b95 = shufflevector <4 x float> %i94, <4 x float> poison, <4 x i32> zeroinitializer
  %v98 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b95, <4 x float> %l86, <4 x float> %r97)
  %p99 = getelementptr float, ptr %p77, i64 -20
  %l100 = load float, ptr %p99, align 4
  %i101 = insertelement <4 x float> poison, float %l100, i64 0
  %b102 = shufflevector <4 x float> %i101, <4 x float> poison, <4 x i32> zeroinitializer
  %v105 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b102, <4 x float> %l86, <4 x float> %r104)
  %n73 = add nuw nsw i64 %i72, 1
  %c74 = icmp slt i64 %n73, %b69
  br i1 %c74, label %L70, label %E71
E71:
  %n67 = add nuw nsw i64 %i66, 1
  %c68 = icmp slt i64 %n67, 2
  br i1 %c68, label %L64, label %E65
E65:
  %n22 = add nuw nsw i64 %i21, 1
  %c23 = icmp slt i64 %n22, %b18
  br i1 %c23, label %L19, label %E20
E20:
  %n11 = add nuw nsw i64 %i10, 1
  %c12 = icmp slt i64 %n11, 2
  br i1 %c12, label %L8, label %E9
E9:
  store <4 x float> %v91, ptr %p109, align 16
  %p110 = getelementptr float, ptr %p109, i64 4
  store <4 x float> %v98, ptr %p110, align 16
  %p111 = getelementptr float, ptr %p109, i64 8
  store <4 x float> %v105, ptr %p111, align 16
  br label %L112
L112:
  %i114 = phi i64 [ 0, %E9 ], [ %n115, %E120 ]
  %r156 = phi <4 x float> [ zeroinitializer, %E9 ], [ %v186, %E120 ]
  %r165 = phi <4 x float> [ zeroinitializer, %E9 ], [ %v169, %E120 ]
  %m129 = mul nsw i64 %i114, -4
  %a130 = add nsw i64 %m129, 6
  %m137 = mul nsw i64 %i114, 324
  %p138 = getelementptr float, ptr %p33, i64 %m137
  %m148 = mul nsw i64 %i114, 144
  %p149 = getelementptr float, ptr %p44, i64 %m148
  %b117 = call i64 @llvm.smax.i64(i64 0, i64 %a14)
  %b118 = call i64 @llvm.smin.i64(i64 3, i64 %a17)
  br label %L119
L119:
  %i121 = phi i64 [ %b117, %L112 ], [ %n122, %E172 ]
  %r157 = phi <4 x float> [ %r156, %L112 ], [ %v186, %E172 ]
  %r166 = phi <4 x float> [ %r165, %L112 ], [ %v169, %E172 ]
  %m139 = mul nsw i64 %i121, 36
  %p140 = getelementptr float, ptr %p138, i64 %m139
  %m150 = mul nsw i64 %i121, 12
  %p151 = getelementptr float, ptr %p149, i64 %m150
  br label %L124
L124:
  %i126 = phi i64 [ 0, %L119 ], [ %n127, %E133 ]
  %r158 = phi <4 x float> [ %r157, %L119 ], [ %v160, %E133 ]
  %r167 = phi <4 x float> [ %r166, %L119 ], [ %v169, %E133 ]
  %m141 = mul nsw i64 %i126, 4
  %p142 = getelementptr float, ptr %p140, i64 %m141
  %p152 = getelementptr float, ptr %p151, i64 %m141
  %b131 = call i64 @llvm.smin.i64(i64 4, i64 %a130)
  br label %L132
L132:
  %i134 = phi i64 [ 0, %L124 ], [ %n135, %L132 ]
  %r159 = phi <4 x float> [ %r158, %L124 ], [ %v160, %L132 ]
  %r168 = phi <4 x float> [ %r167, %L124 ], [ %v169, %L132 ]
  %p143 = getelementptr float, ptr %p142, i64 %i134
  %m153 = mul nsw i64 %i134, 36
  %p154 = getelementptr float, ptr %p152, i64 %m153
  %p144 = getelementptr float, ptr %p143, i64 -16
  %l145 = load float, ptr %p144, align 4
  %i146 = insertelement <4 x float> poison, float %l145, i64 0
  %b147 = shufflevector <4 x float> %i146, <4 x float> poison, <4 x i32> zeroinitializer
  %l155 = load <4 x float>, ptr %p154, align 16
  %v160 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b147, <4 x float> %l155, <4 x float> %r159)
  %p161 = getelementptr float, ptr %p143, i64 -8
  %l162 = load float, ptr %p161, align 4
  %i163 = insertelement <4 x float> poison, float %l162, i64 0
  %b164 = shufflevector <4 x float> %i163, <4 x float> poison, <4 x i32> zeroinitializer
  %v169 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b164, <4 x float> %l155, <4 x float> %r168)
  %n135 = add nuw nsw i64 %i134, 1
  %c136 = icmp slt i64 %n135, %b131
  br i1 %c136, label %L132, label %E133
E133:
  %n127 = add nuw nsw i64 %i126, 1
  %c128 = icmp slt i64 %n127, 2
  br i1 %c128, label %L124, label %E125
E125:
  %b170 = call i64 @llvm.smin.i64(i64 4, i64 %a130)
  br label %L171
L171:
  %i173 = phi i64 [ 0, %E125 ], [ %n174, %L171 ]
  %r185 = phi <4 x float> [ %v160, %E125 ], [ %v186, %L171 ]
  %p176 = getelementptr float, ptr %p140, i64 %i173
  %m181 = mul nsw i64 %i173, 36
  %p182 = getelementptr float, ptr %p151, i64 %m181
  %p177 = getelementptr float, ptr %p176, i64 -8
  %l178 = load float, ptr %p177, align 4
  %i179 = insertelement <4 x float> poison, float %l178, i64 0
  %b180 = shufflevector <4 x float> %i179, <4 x float> poison, <4 x i32> zeroinitializer
  %p183 = getelementptr float, ptr %p182, i64 8
  %l184 = load <4 x float>, ptr %p183, align 16
  %v186 = call <4 x float> @llvm.fma.v4f32(<4 x float> %b180, <4 x float> %l184, <4 x float> %r185)
  %n174 = add nuw nsw i64 %i173, 1
  %c175 = icmp slt i64 %n174, %b170
  br i1 %c175, label %L171, label %E172
E172:
  %n122 = add nuw nsw i64 %i121, 1
  %c123 = icmp slt i64 %n122, %b118
  br i1 %c123, label %L119, label %E120
E120:
  %n115 = add nuw nsw i64 %i114, 1
  %c116 = icmp slt i64 %n115, 2
  br i1 %c116, label %L112, label %E113
E113:
  %p187 = getelementptr float, ptr %p109, i64 12
  store <4 x float> %v186, ptr %p187, align 16
  %p188 = getelementptr float, ptr %p109, i64 16
  store <4 x float> %v169, ptr %p188, align 16
  %n6 = add nuw nsw i64 %i5, 1
  %c7 = icmp slt i64 %n6, %end
  br i1 %c7, label %L3, label %E4
E4:
  ret void
}
define internal void @parallel0(ptr %context) nounwind {
entry:
  %s0 = getelementptr i64, ptr %context, i64 0
  %v0 = load ptr, ptr %s0, align 8
  %s1 = getelementptr i64, ptr %context, i64 1
  %v1 = load ptr, ptr %s1, align 8
  %s2 = getelementptr i64, ptr %context, i64 2
  %v2 = load ptr, ptr %s2, align 8
  %s3 = getelementptr i64, ptr %context, i64 3
  %v3 = load ptr, ptr %s3, align 8
  %s4 = getelementptr i64, ptr %context, i64 4
  %v4 = load i64, ptr %s4, align 8
  %t32 = call i32 @omp_get_thread_num()
  %n32 = call i32 @omp_get_num_threads()
  %t = zext i32 %t32 to i64
  %n = zext i32 %n32 to i64
  %b0 = mul nsw i64 %t, 5
  %e0 = add nsw i64 %b0, 5
  %b1 = udiv i64 %b0, %n
  %e1 = udiv i64 %e0, %n
  %begin = add nsw i64 %b1, 0
  %end = add nsw i64 %e1, 0
  %some = icmp slt i64 %begin, %end
  br i1 %some, label %run, label %done
run:
  call void @parallel0.body(ptr %v0, ptr %v1, ptr %v2, ptr %v3, i64 %v4, i64 %begin, i64 %end, i64 %t)
  br label %done
done:
  ret void
}

define void @kernel(ptr noalias readonly align 64 %arg.x, ptr noalias readonly align 64 %arg.w, ptr noalias align 64 %arg.out, ptr noalias align 64 %workspace) nounwind "min-legal-vector-width"="256" "prefer-vector-width"="256" {
entry:
  %x6 = alloca [5 x i64], align 16
  br label %L1
L1:
  %i3 = phi i64 [ 0, %entry ], [ %n4, %L1 ]
  %p7 = getelementptr i64, ptr %x6, i64 0
  store ptr %arg.x, ptr %p7, align 8
  %p8 = getelementptr i64, ptr %x6, i64 1
  store ptr %arg.w, ptr %p8, align 8
  %p9 = getelementptr i64, ptr %x6, i64 2
  store ptr %arg.out, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %x6, i64 3
  store ptr %workspace, ptr %p10, align 8
  %p11 = getelementptr i64, ptr %x6, i64 4
  store i64 %i3, ptr %p11, align 8
  call void @GOMP_parallel(ptr @parallel0, ptr %x6, i32 2, i32 0)
  %n4 = add nuw nsw i64 %i3, 1
  %c5 = icmp slt i64 %n4, 2
  br i1 %c5, label %L1, label %E2
E2:
  ret void
}

declare <4 x float> @llvm.fma.v4f32(<4 x float>, <4 x float>, <4 x float>)
declare i32 @omp_get_num_threads()
declare i32 @omp_get_thread_num()
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
declare void @GOMP_parallel(ptr, ptr, i32, i32)
